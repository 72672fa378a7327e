"""PhotonError carries what an operator needs, in one sentence and as fields."""

from photoncloud.runtime.errors import FatalError, PhotonError, describe


def test_sentence_and_fields() -> None:
    error = PhotonError("store-locked", "open store", "/data", "held by pid 7", "stop the other process")
    assert str(error) == "store-locked: open store /data: held by pid 7 (stop the other process)"
    assert error.fields() == {
        "code": "store-locked",
        "operation": "open store",
        "object": "/data",
        "cause": "held by pid 7",
        "hint": "stop the other process",
    }


def test_empty_parts_are_left_out() -> None:
    error = PhotonError("gone")
    assert str(error) == "gone"
    assert error.fields() == {"code": "gone"}


def test_cause_may_be_an_exception() -> None:
    assert PhotonError("x", cause=ValueError("bad\n  value")).cause == "bad value"


def test_describe_of_an_exception_without_text_is_its_type() -> None:
    assert describe(KeyboardInterrupt()) == "KeyboardInterrupt"


def test_fatal_error_has_an_exit_status() -> None:
    assert FatalError("x").exit_status == 1
    assert FatalError("x", exit_status=74).exit_status == 74
