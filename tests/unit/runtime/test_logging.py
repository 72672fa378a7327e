"""One event a line with the keys of the specification, the right levels, and everything of other libraries too."""

import json
import logging as stdlib_logging
import os
import re
from pathlib import Path
from typing import Any

import pytest

from photoncloud.config import Secret
from photoncloud.runtime import logging, request_id
from photoncloud.runtime.logging import LogSettings, get_logger


@pytest.fixture
def log_file(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture(autouse=True)
def _restored() -> Any:
    handlers = stdlib_logging.getLogger().handlers
    yield
    logging.configure("test", "test-1", LogSettings())
    stdlib_logging.getLogger().handlers = handlers


def configure(log_file: Path, **settings: Any) -> None:
    logging.configure("demo", "demo-1", LogSettings(file=str(log_file), **settings))


def records(log_file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log_file.read_text().splitlines()]


def test_keys_and_order(log_file: Path) -> None:
    configure(log_file)
    get_logger("demo.part").info("bucket_created", bucket="b")
    (record,) = records(log_file)
    assert list(record) == ["ts", "level", "event", "component", "component_id", "logger", "bucket"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", record["ts"])
    assert record["level"] == "info"
    assert record["component_id"] == "demo-1"


def test_every_line_of_a_request_carries_its_id(log_file: Path) -> None:
    configure(log_file)
    with request_id.bound("abc"):
        get_logger("a").info("inside")
        stdlib_logging.getLogger("foreign").warning("inside too")
    get_logger("a").info("outside")
    assert [record.get("request_id") for record in records(log_file)] == ["abc", "abc", None]


def test_levels_by_logger_prefix(log_file: Path) -> None:
    configure(log_file, level="warning", levels={"demo.store": "debug", "demo.store.cache": "error"})
    for name in ("demo", "demo.store", "demo.store.wal", "demo.store.cache.lru", "demo.storefront"):
        get_logger(name).info("line")
        get_logger(name).error("line")
    shown = [(record["logger"], record["level"]) for record in records(log_file)]
    assert shown == [
        ("demo", "error"),
        ("demo.store", "info"),
        ("demo.store", "error"),
        ("demo.store.wal", "info"),
        ("demo.store.wal", "error"),
        ("demo.store.cache.lru", "error"),
        ("demo.storefront", "error"),
    ]


def test_levels_change_without_new_loggers(log_file: Path) -> None:
    log = get_logger("demo.x")
    configure(log_file)
    log.debug("hidden")
    logging.set_levels("debug", {})
    log.debug("shown")
    assert [record["event"] for record in records(log_file)] == ["shown"]


def test_exceptions_have_their_stack(log_file: Path) -> None:
    configure(log_file)
    try:
        raise ValueError("bad")
    except ValueError as error:
        get_logger("a").exception("failed")
        get_logger("a").warning("also", exc_info=error)
    for record in records(log_file):
        assert "ValueError: bad" in record["exception"]
        assert "exc_info" not in record


def test_a_field_cannot_replace_a_leading_key(log_file: Path) -> None:
    configure(log_file)
    get_logger("a").info("e", component="other", ts="now")
    (record,) = records(log_file)
    assert record["component"] == "demo"
    assert record["component_"] == "other"


def test_no_secret_reaches_a_log_line(log_file: Path) -> None:
    planted = "planted-s3cret"
    for format in ("json", "console"):
        configure(log_file, format=format)
        log = get_logger("a")
        log.info(
            "e", password=planted, headers={"Authorization": planted}, url=f"http://u:{planted}@h", s=Secret(planted)
        )
        try:
            raise ValueError(f"setting {Secret(planted)} is bad")
        except ValueError:
            log.exception("failed")
        stdlib_logging.getLogger("lib").warning("url http://u:%s@h", planted)
    assert planted not in log_file.read_text()


def test_stdlib_records_have_our_shape_and_levels(log_file: Path) -> None:
    configure(log_file, levels={"loud": "error"})
    stdlib_logging.getLogger("lib").warning("number %d", 5)
    stdlib_logging.getLogger("lib").debug("hidden")
    stdlib_logging.getLogger("loud").warning("hidden")
    stdlib_logging.getLogger("uvicorn.error").info("hidden: chatty")
    stdlib_logging.getLogger("lib").warning("does not fit %d", "x")
    shown = [(record["event"], record["logger"], record["level"]) for record in records(log_file)]
    assert shown == [("number 5", "lib", "warning"), ("does not fit %d", "lib", "warning")]


def test_libraries_know_what_is_not_wanted(log_file: Path) -> None:
    configure(log_file, level="warning", levels={"lib.part": "debug"})
    assert not stdlib_logging.getLogger("lib").isEnabledFor(stdlib_logging.INFO)
    assert stdlib_logging.getLogger("lib.part.x").isEnabledFor(stdlib_logging.DEBUG)
    logging.set_levels("info", {})
    assert not stdlib_logging.getLogger("lib.part.x").isEnabledFor(stdlib_logging.DEBUG)
    assert not stdlib_logging.getLogger("uvicorn.error").isEnabledFor(stdlib_logging.INFO)


def test_console_format(log_file: Path) -> None:
    configure(log_file, format="console")
    get_logger("a").info('operation_mode=standalone stage=S0 reason="default"', stage="S0")
    assert 'info     operation_mode=standalone stage=S0 reason="default" stage=S0' in log_file.read_text()


def test_prepare_changes_nothing_until_it_is_switched(log_file: Path, tmp_path: Path) -> None:
    configure(log_file)
    switch = logging.prepare("demo", "demo-1", LogSettings(file=str(tmp_path / "other")))
    get_logger("a").info("old")
    switch()
    get_logger("a").info("new")
    assert [record["event"] for record in records(log_file)] == ["old"]
    assert [record["event"] for record in records(tmp_path / "other")] == ["new"]


def test_prepare_leaves_nothing_open_when_the_switch_never_comes(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(10):
        logging.prepare("demo", "demo-1", LogSettings(file=str(tmp_path / "log")))
    assert len(os.listdir("/proc/self/fd")) == before


def test_prepare_of_an_impossible_file_raises_and_keeps_the_old(log_file: Path, tmp_path: Path) -> None:
    configure(log_file)
    with pytest.raises(OSError):
        logging.prepare("demo", "demo-1", LogSettings(file=str(tmp_path / "no" / "dir")))
    get_logger("a").info("still here")
    assert len(records(log_file)) == 1


def test_context_is_gone_after_the_block() -> None:
    with logging.bind_context(principal="p"):
        assert logging.context_value("principal") == "p"
    assert logging.context_value("principal") == ""


def test_dropped_lines_are_counted() -> None:
    configure(Path("/dev/full"))
    get_logger("a").info("lost")
    assert logging.dropped_lines() == 1
