from __future__ import annotations

import copy
import pickle
import traceback

import pytest
from pydantic import ValidationError

from photoncloud.config import ConfigModel, Secret, setting

PLANTED = "planted-5ecret"


class Holder(ConfigModel):
    """Holds one."""

    key: Secret = setting(description="Key.")


def test_only_reveal_shows_it() -> None:
    secret = Secret(PLANTED)
    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret:>20}",
        "{}".format(secret),  # noqa: UP032
        repr([secret]),
        repr({"k": secret}),
    ]
    shown += [str(Holder(key=secret)), Holder(key=secret).model_dump_json(), repr(Holder(key=PLANTED).model_dump())]
    assert all(PLANTED not in text for text in shown)
    assert secret.reveal() == PLANTED
    assert not hasattr(secret, "__dict__")


def test_it_does_not_leave_through_exceptions() -> None:
    with pytest.raises(ValueError) as failed:
        raise ValueError("failed with", Secret(PLANTED))
    assert PLANTED not in "".join(traceback.format_exception_only(failed.value))
    with pytest.raises(ValidationError) as refused:
        Holder(key=["x", PLANTED])  # type: ignore[arg-type]
    assert PLANTED not in str(refused.value)


def test_pickling_is_refused_and_copies_are_the_same() -> None:
    secret = Secret(PLANTED)
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    assert copy.deepcopy({"a": secret})["a"] is secret
    assert copy.copy(secret) is secret


def test_equality_and_truth() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert hash(Secret("a")) == hash(Secret("a"))
    assert not Secret("")
    with pytest.raises(TypeError):
        Secret(b"bytes")  # type: ignore[arg-type]
