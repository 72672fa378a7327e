"""Structured logs: one event a line, JSON or console, with redaction on the way out (config.md §4.18).

    log = get_logger(__name__)
    log.warning("capability_state", capability="auth", state="suspect")

Keys: `ts` (RFC 3339, UTC, microseconds), `level`, `event` (snake_case), `component`, `component_id`, `logger`, then the
context (`request_id`, `principal`, …) and the fields of the call. Records of the standard library (uvicorn, asyncio,
grpc) go the same way. Logging is the one state of a process that is not passed by hand, as in structlog itself.
"""

from __future__ import annotations

import contextlib
import logging as stdlib_logging
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, cast

import structlog
from structlog.contextvars import bind_contextvars, get_contextvars, merge_contextvars, reset_contextvars
from structlog.typing import EventDict, FilteringBoundLogger

from photoncloud.runtime.log_output import FileOutput, Output, StreamOutput
from photoncloud.runtime.log_render import Render, render_console, render_json
from photoncloud.runtime.redaction import redact

Logger = FilteringBoundLogger

LEVELS = {"debug": 10, "info": 20, "warning": 30, "warn": 30, "error": 40, "critical": 50}

MEBIBYTE = 1 << 20

CHATTY_LIBRARIES = {"uvicorn": "warning", "asyncio": "warning", "grpc": "warning", "aiohttp": "warning"}
"""Their information lines repeat what our own say."""


@dataclass(frozen=True, slots=True)
class LogSettings:
    """`[photon.logging]`; `file` empty means standard output."""

    level: str = "info"
    levels: Mapping[str, str] = field(default_factory=dict)
    format: str = "json"
    file: str = ""
    file_max_mb: int = 100
    file_keep: int = 5


class _Process:
    """Where the lines of this process go, and from which level on."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}
        self.default = LEVELS["info"]
        self.levels: dict[str, int] = {name: LEVELS[level] for name, level in CHATTY_LIBRARIES.items()}
        self.thresholds: dict[str, int] = {}
        self.render: Render = render_json
        self.output: Output | None = None

    def threshold(self, name: str) -> int:
        """The level of the longest dotted prefix of `name` that has one."""
        known = self.thresholds.get(name)
        if known is None:
            known = self.thresholds[name] = self._longest_prefix(name)
        return known

    def _longest_prefix(self, name: str) -> int:
        while name:
            if name in self.levels:
                return self.levels[name]
            name = name.rpartition(".")[0]
        return self.default

    def write(self, line: bytes) -> None:
        output = self.output if self.output is not None else StreamOutput(sys.stdout.buffer)
        output.write(line)


_process = _Process()


class _LineLogger:
    """What structlog wraps: a name and the way out."""

    def __init__(self, name: str = "photoncloud") -> None:
        self.name = name

    def write(self, line: bytes) -> None:
        _process.write(line)


class BoundLogger(structlog.BoundLoggerBase):
    """The usual methods; a line below the threshold of its logger costs one dictionary look-up."""

    def _log(self, level: str, number: int, event: str, fields: dict[str, Any]) -> None:
        if number >= _process.threshold(self._logger.name):
            try:
                args, _ = self._process_event(level, event, fields)
            except structlog.DropEvent:
                return
            if args:  # nothing when a test captures the lines
                self._logger.write(args[0])

    def debug(self, event: str, **fields: Any) -> None:
        self._log("debug", 10, event, fields)

    def info(self, event: str, **fields: Any) -> None:
        self._log("info", 20, event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        self._log("warning", 30, event, fields)

    def error(self, event: str, **fields: Any) -> None:
        self._log("error", 40, event, fields)

    def critical(self, event: str, **fields: Any) -> None:
        self._log("critical", 50, event, fields)

    def exception(self, event: str, **fields: Any) -> None:
        self._log("error", 40, event, {"exc_info": True, **fields})


def _explain(_logger: _LineLogger, _level: str, event: EventDict) -> EventDict:
    """Turn `exc_info` into text."""
    if exc_info := event.pop("exc_info", None):
        event["exception"] = _stack(exc_info)
    return event


def _complete(logger: _LineLogger, level: str, event: EventDict) -> EventDict:
    """Put the leading keys first; a field of the same name gets an underscore."""
    complete: dict[str, Any] = {
        "ts": timestamp(),
        "level": level,
        "event": event.pop("event", ""),
        **_process.fields,
        "logger": logger.name,
    }
    for name, value in event.items():
        complete[name if name not in complete else f"{name}_"] = value
    return complete


def timestamp() -> str:
    """Now as RFC 3339 in UTC with microseconds."""
    return datetime.now(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def _stack(exc_info: Any) -> str:
    error = exc_info if isinstance(exc_info, BaseException) else sys.exc_info()[1]
    return "".join(traceback.format_exception(error)) if error is not None else ""


def redact_fields(_logger: _LineLogger, _level: str, event: EventDict) -> EventDict:
    return redact(cast("dict[str, Any]", event))


def _render(_logger: _LineLogger, _level: str, event: EventDict) -> bytes:
    return _process.render(cast("dict[str, Any]", event))


PROCESSORS: list[Callable[..., Any]] = [merge_contextvars, _explain, redact_fields, _complete, _render]
"""The way of every line. Redaction sees all that a call site or a library gave, and nothing that is ours."""

structlog.configure(
    processors=PROCESSORS,
    wrapper_class=BoundLogger,
    logger_factory=_LineLogger,
    cache_logger_on_first_use=True,
)


def get_logger(name: str) -> Logger:
    """The logger of a module: `get_logger(__name__)`. Works before `configure` (JSON lines on standard output)."""
    return cast("Logger", structlog.get_logger(name))


def configure(component: str, component_id: str, settings: LogSettings) -> None:
    """Send every line of this process where `settings` say.

    Raises OSError when `settings.file` cannot be opened; the old output stays then.
    """
    prepare(component, component_id, settings)()


def prepare(component: str, component_id: str, settings: LogSettings) -> Callable[[], None]:
    """The first half of `configure`: finds out whether it can be done. The returned function switches over.

    Nothing stays open when the switch never comes (another participant refused the reload).
    """
    _open_output(settings).close()

    def switch() -> None:
        output = _open_output(settings)
        old, _process.output = _process.output, output
        if old is not None:
            old.close()
        colours = output.is_terminal and not os.environ.get("NO_COLOR")
        _process.fields = {"component": component, "component_id": component_id}
        _process.render = partial(render_console, colours=colours) if settings.format == "console" else render_json
        set_levels(settings.level, settings.levels)
        _take_over_stdlib()

    return switch


def _open_output(settings: LogSettings) -> Output:
    if settings.file:
        return FileOutput(Path(settings.file), settings.file_max_mb * MEBIBYTE, settings.file_keep)
    return StreamOutput(sys.stdout.buffer)


def set_levels(default: str, levels: Mapping[str, str]) -> None:
    """Change thresholds only: `default` for every logger but those of `levels` (dotted prefixes)."""
    for name in _process.levels:
        stdlib_logging.getLogger(name).setLevel(stdlib_logging.NOTSET)
    _process.default = LEVELS[default.lower()]
    _process.levels = {name: LEVELS[level.lower()] for name, level in {**CHATTY_LIBRARIES, **levels}.items()}
    _process.thresholds = {}
    # Libraries ask their logger before they build a line (uvicorn wraps every request when tracing is possible).
    stdlib_logging.getLogger().setLevel(_process.default)
    for name, number in _process.levels.items():
        stdlib_logging.getLogger(name).setLevel(number)


def reopen() -> None:
    """Reopen the log file (after an outside rotation)."""
    if _process.output is not None:
        _process.output.reopen()


def dropped_lines() -> int:
    """Lines that could not be written since the output was opened."""
    return _process.output.dropped if _process.output is not None else 0


@contextlib.contextmanager
def bind_context(**fields: Any) -> Iterator[None]:
    """Within the block every line of this task and its children carries `fields`."""
    tokens = bind_contextvars(**fields)
    try:
        yield
    finally:
        reset_contextvars(**tokens)


def context_value(name: str) -> str:
    """What `bind_context` gave `name` here, or an empty string."""
    return str(get_contextvars().get(name, ""))


class _StdlibHandler(stdlib_logging.Handler):
    def emit(self, record: stdlib_logging.LogRecord) -> None:
        name = record.levelname.lower()
        level = name if name in LEVELS else "info"
        try:
            event: dict[str, Any] = {
                "event": record.getMessage().strip(),
                "exc_info": record.exc_info and record.exc_info[1],
            }
        except Exception:  # a foreign format string that does not fit its arguments
            event = {"event": str(record.msg)}
        logger = _LineLogger(record.name)
        line: Any = event
        with contextlib.suppress(structlog.DropEvent):  # a test captures the lines
            for process in PROCESSORS:
                line = process(logger, level, line)
            _process.write(line)


def _take_over_stdlib() -> None:
    stdlib_logging.getLogger().handlers = [_StdlibHandler()]
