"""Which keys a signed zone still needs. Rollover states (`generated → … → removed`) are T2 and stand here then."""

from __future__ import annotations

from collections.abc import Sequence

from photoncloud.flashdns.core.dnskey import Role, ZoneKey

_ROLES: tuple[Role, ...] = ("ksk", "zsk")


def missing_roles(keys: Sequence[ZoneKey], algorithm: int) -> tuple[Role, ...]:
    """Roles without a key of the policy's algorithm: they are generated before the first signing."""
    present = {key.role for key in keys if key.algorithm == algorithm}
    return tuple(role for role in _ROLES if role not in present)


def active_keys(keys: Sequence[ZoneKey], algorithm: int) -> tuple[ZoneKey, ...]:
    """The keys that sign: one of each role of the policy's algorithm, the oldest first in `keys`."""
    chosen = {key.role: key for key in reversed(keys) if key.algorithm == algorithm}
    return tuple(chosen[role] for role in _ROLES if role in chosen)
