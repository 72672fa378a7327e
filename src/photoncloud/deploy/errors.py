"""Errors of the deployment package.

Codes never change meaning. `exit_status` is what a command ends with when the error reaches it:
64 usage, 69 unavailable, 71 operating system (a port is taken), 73 cannot create, 74 our own data, 78 configuration.
"""

from __future__ import annotations

from collections.abc import Sequence

from photoncloud.runtime.errors import PhotonError


class DeployError(PhotonError):
    """Base of everything this package raises on purpose. `message` is what failed, `hint` what to do."""

    code = "deploy"
    exit_status = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(type(self).code, cause=message, hint=hint)
        self.message = message


class TopologyInvalid(DeployError):
    """A topology was refused; `findings` holds every reason, one line each."""

    code = "topology-invalid"
    exit_status = 78

    def __init__(self, findings: Sequence[str]) -> None:
        super().__init__("\n".join(findings))
        self.findings = tuple(findings)


class LevelUnknown(DeployError):
    code = "level-unknown"
    exit_status = 64


class HostUnsuitable(DeployError):
    """This machine lacks something a component demands (a privilege, a kernel feature, a program)."""

    code = "host-unsuitable"
    exit_status = 69


class PortTaken(DeployError):
    code = "port-taken"
    exit_status = 71


class DataDirectoryUnusable(DeployError):
    code = "data-directory-unusable"
    exit_status = 73


class StateUnreadable(DeployError):
    """`run/state.json` or `run/plan.json` cannot be understood; nothing is signalled on a guess."""

    code = "state-unreadable"
    exit_status = 74


class SupervisorUnreachable(DeployError):
    code = "supervisor-unreachable"
    exit_status = 69


class SupervisorRunning(DeployError):
    """Another supervisor holds the lock of this data directory."""

    code = "supervisor-running"
    exit_status = 69


class RenderingUnreadable(DeployError):
    """A file given to a reader is not what a renderer of ours writes."""

    code = "rendering-unreadable"
    exit_status = 78


class ExtraMissing(DeployError):
    """A package of an extra is not installed; the message carries the pip line."""

    code = "missing-extra"
    exit_status = 69
