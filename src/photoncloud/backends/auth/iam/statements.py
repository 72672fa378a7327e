"""Parsed policies: what `policy` and `bucket_policy` produce and `evaluation` reads."""

from __future__ import annotations

from dataclasses import dataclass

from photoncloud.backends.auth.iam.principal import Context

VERSION_2012 = "2012-10-17"
VERSION_2008 = "2008-10-17"


@dataclass(frozen=True, slots=True)
class BrokenPolicy:
    """A stored document that no longer parses: an explicit deny for whatever it is attached to, never skipped."""

    policy_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """A valid policy. `policy_id` and `policy_version` name it in decisions; `version` is the language's."""

    policy_id: str
    version: str
    policy_version: str = ""


Policy = PolicyDocument | BrokenPolicy

__all__ = ["VERSION_2008", "VERSION_2012", "BrokenPolicy", "Context", "Policy", "PolicyDocument"]
