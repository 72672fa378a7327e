"""From a loaded configuration to an exit status: what the `__main__` of every component ends in."""

from __future__ import annotations

from collections.abc import Callable

from photoncloud.config import Resolved
from photoncloud.runtime import logging
from photoncloud.runtime.application import App, LoopFactory
from photoncloud.runtime.failure import report
from photoncloud.runtime.logging import LogSettings
from photoncloud.runtime.reloading import Commit

log = logging.get_logger(__name__)


def main(app_factory: Callable[[Resolved], App], resolved: Resolved, *, loop_factory: LoopFactory | None = None) -> int:
    """Configure logs, say in which mode this process works, build the App and run it; returns the exit status.

    What `app_factory` raises ends the process as a failed start does (`runtime.failure`).
    """
    try:
        prepare_logs(resolved)()
        introduce(resolved)
        app = app_factory(resolved)
        app.on_reload(prepare_logs)
    except Exception as error:
        return report(resolved.component, error)
    return app.run(loop_factory)


def prepare_logs(resolved: Resolved) -> Commit:
    """`[photon.logging]` as the two halves of a switch-over."""
    wanted = resolved.photon.logging
    settings = LogSettings(
        wanted.level, wanted.levels, wanted.format, wanted.file, wanted.file_max_mb, wanted.file_keep
    )
    return logging.prepare(resolved.component, resolved.photon.component_id, settings)


def introduce(resolved: Resolved) -> None:
    """The first lines: the mode and why, then what loading the configuration had to say."""
    mode, stage, reason = resolved.mode, resolved.stage, resolved.mode_reason
    text = f'operation_mode={mode} stage={stage} reason="{reason}"'
    log.info(text, operation_mode=mode, stage=stage, reason=reason, backends=dict(resolved.backends))
    for note in resolved.notes:
        write = {"debug": log.debug, "warning": log.warning, "error": log.error}.get(note.level, log.info)
        write(note.event, **note.fields)
