"""What a component declares about itself beside its settings: capabilities, engines, flags and cross-field rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from photoncloud.config.origin import NOWHERE, Origin
from photoncloud.config.problem import Code, Problem
from photoncloud.config.value_types import parse_address

if TYPE_CHECKING:
    from photoncloud.config.files import Files
    from photoncloud.config.schema import PhotonSettings

CAPABILITIES = ("metadata", "auth", "events", "registry", "config", "network", "telemetry")
Capability = str

# The key pair printed in every S3 document (and in ours); whoever serves with it serves everybody.
EXAMPLE_ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
EXAMPLE_SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@dataclass(frozen=True)
class Flag:
    """A typed command-line flag, `--s3-addr VALUE`, that sets the effective `leaf` (relative to `standalone`).

    It sets `standalone.<leaf>` and `integrated.<leaf>` alike. A boolean leaf may stand without a value (`--flag`).
    A leaf that begins with `photon.` is absolute.
    """

    name: str
    leaf: str
    metavar: str = "VALUE"
    description: str = ""


@dataclass(frozen=True)
class ExampleCredentials:
    """Leaves (relative to `standalone`) that may hold the world-known pair, and the listeners that would honour it.

    With the pair in place, a listener of these that is not on loopback is refused unless
    `--allow-example-credentials` was given.
    """

    keys: tuple[str, ...] = ()
    listeners: tuple[str, ...] = ()


@dataclass(frozen=True)
class Context:
    """What a component's `validate` may look at besides its settings; it decides nothing by mode.

    `backends`: capability → chosen backend. `engines`: leaf of `[photon.standalone]` → chosen engine. `files` reads
    further files (credential files, zones) through the same port as the loader.
    """

    photon: PhotonSettings
    backends: Mapping[str, str]
    engines: Mapping[str, str]
    files: Files
    allow_example_credentials: bool
    find_origin: Callable[[str], Origin] = field(default=lambda _key: NOWHERE)

    def problem(self, key: str, code: Code, message: str, suggestion: str = "") -> Problem:
        """A problem of leaf `key` (as `standalone.server.s3_addr`), placed where its value stands."""
        return Problem(code, key, message, suggestion, self.find_origin(key))

    def is_public(self, address: str) -> bool:
        """True when the listener address can be reached from other machines; "" (switched off) cannot."""
        return bool(address) and not parse_address(address).is_loopback


def accepts_everything(_settings: Any, _context: Context) -> Iterable[Problem]:
    """The default `validate`: no rule spans several fields."""
    return ()


def derives_nothing(_backends: Mapping[str, str]) -> Mapping[str, str]:
    """The default `derive_engines`: every engine has a fixed default."""
    return {}


@dataclass(frozen=True)
class Declaration:
    """One component, declared once in its `settings.py` as `declaration: ClassVar[Declaration]`.

    `component`: its name, also the prefix of its variables. `ops_addr`: default of `photon.ops.addr`.
    `capabilities`: capability → names of its local engines, the default first (`local` is a synonym of the default).
    `standalone_backends`: further leaves of `[photon.standalone]` (`storage_backend`) → accepted names, default first.
    `adapters`: capability → further adapter names beyond local engines and the standard integrated ones.
    `derive_engines`: chosen backends → engine of a `standalone_backends` leaf that nobody set.
    `second_names`: other dotted key → the leaf it stands for. `removed_keys`: old dotted key → what to write instead.
    `validate`: settings and context → problems across fields. `examples`: command lines shown by `--help`.
    """

    component: str
    ops_addr: str
    capabilities: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    standalone_backends: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    adapters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    derive_engines: Callable[[Mapping[str, str]], Mapping[str, str]] = derives_nothing
    flags: tuple[Flag, ...] = ()
    second_names: Mapping[str, str] = field(default_factory=dict)
    removed_keys: Mapping[str, str] = field(default_factory=dict)
    validate: Callable[[Any, Context], Iterable[Problem]] = accepts_everything
    example_credentials: ExampleCredentials = ExampleCredentials()
    main_listener: str = ""
    examples: tuple[str, ...] = ()
    summary: str = ""
    state_dir: str = ""

    def __post_init__(self) -> None:
        unknown = set(self.capabilities) - set(CAPABILITIES)
        if unknown:
            raise ValueError(f"unknown capabilities: {sorted(unknown)}")

    @property
    def variable_prefix(self) -> str:
        """`LIGHTNINGSTOR__`: the prefix of the component's own variables."""
        return self.component.upper().replace("-", "_") + "__"
