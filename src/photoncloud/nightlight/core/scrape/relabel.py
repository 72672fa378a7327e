"""Relabelling: rules that rewrite, keep or drop label sets. All eleven actions of Prometheus."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from photoncloud.nightlight.core.labels import Labels, is_valid_name
from photoncloud.nightlight.core.pattern import Pattern
from photoncloud.nightlight.core.quoting import quote
from photoncloud.nightlight.errors import InvalidRelabelling


class Action(StrEnum):
    """What a rule does."""

    REPLACE = "replace"
    KEEP = "keep"
    DROP = "drop"
    KEEPEQUAL = "keepequal"
    DROPEQUAL = "dropequal"
    HASHMOD = "hashmod"
    LABELMAP = "labelmap"
    LABELDROP = "labeldrop"
    LABELKEEP = "labelkeep"
    LOWERCASE = "lowercase"
    UPPERCASE = "uppercase"


DEFAULT_SEPARATOR = ";"
DEFAULT_REGEX = "(.*)"
DEFAULT_REPLACEMENT = "$1"
NEEDS_TARGET = frozenset(
    (Action.REPLACE, Action.HASHMOD, Action.LOWERCASE, Action.UPPERCASE, Action.KEEPEQUAL, Action.DROPEQUAL)
)
EQUALITIES = frozenset((Action.KEEPEQUAL, Action.DROPEQUAL))
ONLY_REGEX = frozenset((Action.LABELDROP, Action.LABELKEEP))


@dataclass(frozen=True, slots=True)
class RelabelRule:
    """One rule, checked when it is built. Raises `InvalidRelabelling` or `InvalidPattern`."""

    action: Action = Action.REPLACE
    source_labels: tuple[str, ...] = ()
    separator: str = DEFAULT_SEPARATOR
    regex: str = DEFAULT_REGEX
    target_label: str = ""
    replacement: str = DEFAULT_REPLACEMENT
    modulus: int = 0
    pattern: Pattern = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pattern", Pattern(self.regex))
        action = self.action
        if action is Action.HASHMOD and self.modulus == 0:
            raise InvalidRelabelling("relabel configuration for hashmod requires non-zero modulus")
        if action in NEEDS_TARGET and not self.target_label:
            raise InvalidRelabelling(f"relabel configuration for {action} action requires 'target_label' value")
        if action in NEEDS_TARGET and not is_valid_name(self.target_label):
            raise InvalidRelabelling(f"{quote(self.target_label)} is invalid 'target_label' for {action} action")
        if action is Action.LABELMAP and not is_valid_name(self.replacement):
            raise InvalidRelabelling(f"{quote(self.replacement)} is invalid 'replacement' for {action} action")
        has_defaults = self.separator == DEFAULT_SEPARATOR and self.replacement == DEFAULT_REPLACEMENT
        if action in EQUALITIES and not (has_defaults and self.regex == DEFAULT_REGEX and not self.modulus):
            text = "action requires only 'source_labels' and `target_label`, and no other fields"
            raise InvalidRelabelling(f"{action} {text}")
        is_bare = has_defaults and not (self.source_labels or self.target_label or self.modulus)
        if action in ONLY_REGEX and not is_bare:
            raise InvalidRelabelling(f"{action} action requires only 'regex', and no other fields")


def action_of(text: str) -> Action:
    """The action of a configured word, in any case. Raises `InvalidRelabelling`."""
    try:
        return Action(text.lower())
    except ValueError as error:
        raise InvalidRelabelling(f"unknown relabel action {quote(text)}") from error


def relabel(labels: Labels, rules: Sequence[RelabelRule]) -> Labels | None:
    """The set after all rules; None when a rule drops it."""
    for rule in rules:
        changed = _applied(labels, rule)
        if changed is None:
            return None
        labels = changed
    return labels


def _applied(labels: Labels, rule: RelabelRule) -> Labels | None:
    joined = rule.separator.join(labels.get(name) for name in rule.source_labels)
    match rule.action:
        case Action.KEEP:
            return labels if rule.pattern.matches(joined) else None
        case Action.DROP:
            return None if rule.pattern.matches(joined) else labels
        case Action.KEEPEQUAL:
            return labels if labels.get(rule.target_label) == joined else None
        case Action.DROPEQUAL:
            return None if labels.get(rule.target_label) == joined else labels
        case Action.REPLACE:
            return _replaced(labels, rule, joined)
        case Action.LOWERCASE:
            return labels.with_label(rule.target_label, joined.lower())
        case Action.UPPERCASE:
            return labels.with_label(rule.target_label, joined.upper())
        case Action.HASHMOD:
            digest = hashlib.md5(joined.encode("utf-8", "surrogateescape"), usedforsecurity=False).digest()
            return labels.with_label(rule.target_label, str(int.from_bytes(digest[8:], "big") % rule.modulus))
        case Action.LABELMAP:
            return _mapped(labels, rule)
        case Action.LABELDROP:
            return Labels(pair for pair in labels if not rule.pattern.matches(pair[0]))
        case Action.LABELKEEP:
            return Labels(pair for pair in labels if rule.pattern.matches(pair[0]))


def _replaced(labels: Labels, rule: RelabelRule, joined: str) -> Labels:
    target = rule.pattern.expand(joined, rule.target_label)
    if target is None or not is_valid_name(target):
        return labels
    return labels.with_label(target, rule.pattern.expand(joined, rule.replacement) or "")


def _mapped(labels: Labels, rule: RelabelRule) -> Labels:
    """Each label whose name matches is copied to the name that the replacement gives."""
    pairs = dict(labels)
    for name, value in labels:
        copied = rule.pattern.expand(name, rule.replacement)
        if copied:
            pairs[copied] = value
    return Labels.of(pairs)
