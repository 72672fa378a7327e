"""The errors flashdns raises on purpose. A code never changes meaning; messages are for people."""

from __future__ import annotations


class FlashdnsError(Exception):
    """An expected failure. `code` is stable and snake_case; `where` names the file and line, zone or peer."""

    def __init__(self, code: str, message: str, *, where: str = "") -> None:
        super().__init__(f"{where}: {code}: {message}" if where else f"{code}: {message}")
        self.code = code
        self.message = message
        self.where = where


class BadName(FlashdnsError):
    """Text or octets that are no domain name."""

    def __init__(self, message: str) -> None:
        super().__init__("bad_name", message)


class BadRdata(FlashdnsError):
    """Text or octets that are no data of the record type."""

    def __init__(self, message: str, *, code: str = "bad_rdata") -> None:
        super().__init__(code, message)


class BadMessage(FlashdnsError):
    """A DNS message, or a part of one, that cannot be parsed. The reply code is FORMERR."""

    def __init__(self, message: str) -> None:
        super().__init__("bad_message", message)


class ZoneRefused(FlashdnsError):
    """A zone that may not be served. `findings` says why, worst first; its type is `core.finding.Finding`."""

    def __init__(self, message: str, findings: tuple[object, ...] = (), *, where: str = "") -> None:
        super().__init__("zone_refused", message, where=where)
        self.findings = findings


class ImageDamaged(FlashdnsError):
    """Bytes that are no intact image of a known version."""

    def __init__(self, message: str) -> None:
        super().__init__("image_damaged", message)


class ChangeConflict(FlashdnsError):
    """A change set that does not fit the zone it is applied to (a deletion of a record that is not there)."""

    def __init__(self, message: str) -> None:
        super().__init__("change_conflict", message)


class TransferFailed(FlashdnsError):
    """An incoming transfer that must be dropped whole. Codes: see `core.transfer_in`."""


class SigningImpossible(FlashdnsError):
    """The zone cannot be signed as the policy asks (`hash_collision`, `apex_too_long`, `no_active_key`)."""
