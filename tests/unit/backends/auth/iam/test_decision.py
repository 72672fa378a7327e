"""Decisions in the words the simulator prints."""

from __future__ import annotations

from photoncloud.backends.auth.iam.decision import Decision, Layer, Verdict


def test_words() -> None:
    assert [str(verdict) for verdict in Verdict] == ["allowed", "implicit_deny", "explicit_deny"]
    assert str(Layer.SERVICE_GUARDRAIL) == "service-guardrail"


def test_questions() -> None:
    deny = Decision(Verdict.EXPLICIT_DENY, None, "", {})
    assert deny.is_explicit_deny
    assert not deny.is_allowed
