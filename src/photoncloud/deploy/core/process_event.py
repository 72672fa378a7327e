"""What the supervisor's state machine hears (events) and says (commands).

Everything about one running process carries its `incarnation`, the number of its start: news of an earlier process
of the same component is recognised and ignored, a command never reaches a later one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from photoncloud.deploy.core.restart_policy import Exit


@dataclass(frozen=True, slots=True)
class Spec:
    """What the machine must know of a component. `needs` maps a name to `healthy` or `started`."""

    name: str
    needs: Mapping[str, str]
    readiness: str = "notify"
    has_health: bool = True
    has_watchdog: bool = False
    start_timeout_ns: int = 60_000_000_000
    stop_timeout_ns: int = 35_000_000_000
    restart: str = "on-failure"


@dataclass(frozen=True, slots=True)
class Start:
    """Somebody wants these to run; failures of the past are forgiven."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stop:
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Restart:
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Force:
    """No more waiting: everything that lives is killed now and nothing is wanted any more."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


@dataclass(frozen=True, slots=True)
class Ready:
    """READY=1 was received, or the port of a foreign program accepts connections."""

    name: str
    incarnation: int


@dataclass(frozen=True, slots=True)
class Health:
    name: str
    incarnation: int
    is_good: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Watchdog:
    name: str
    incarnation: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The process is gone, or never came to be. `jitter` in [-1, 1] spreads the next start."""

    name: str
    incarnation: int
    end: Exit
    jitter: float = 0.0


@dataclass(frozen=True, slots=True)
class Reconfigure:
    """The topology changed: `specs` is the whole new set; what is not in it is stopped and forgotten, what is new is
    started, `restart` and `hangup` name the changed ones."""

    specs: tuple[Spec, ...]
    restart: tuple[str, ...] = ()
    hangup: tuple[str, ...] = ()


Event = Start | Stop | Restart | Force | Tick | Ready | Health | Watchdog | Ended | Reconfigure


@dataclass(frozen=True, slots=True)
class Spawn:
    name: str
    incarnation: int


@dataclass(frozen=True, slots=True)
class Signal:
    """`kind` is `terminate` (SIGTERM), `abort` (SIGABRT) or `hangup` (SIGHUP), to the process itself."""

    name: str
    incarnation: int
    kind: str


@dataclass(frozen=True, slots=True)
class Kill:
    """SIGKILL to everything the component started."""

    name: str
    incarnation: int


Command = Spawn | Signal | Kill
