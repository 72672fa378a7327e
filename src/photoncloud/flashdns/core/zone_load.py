"""Master file text → a zone that may be served, or the findings that refuse it: `check-zone` and every reload."""

from __future__ import annotations

from dataclasses import dataclass

from photoncloud.flashdns.core import name as names
from photoncloud.flashdns.core.finding import Finding, refuses, worst_first
from photoncloud.flashdns.core.limits import ZoneLimits
from photoncloud.flashdns.core.master_file import Include, no_includes, parse
from photoncloud.flashdns.core.zone import Zone
from photoncloud.flashdns.core.zone_build import build, find_apex
from photoncloud.flashdns.core.zone_check import check_zone


@dataclass(frozen=True, slots=True)
class LoadedZone:
    """The verdict. `zone` is None when refused; `files` were read (to be watched); `serial` None without an SOA."""

    zone: Zone | None
    findings: tuple[Finding, ...]
    files: tuple[str, ...]
    serial: int | None
    records: int

    @property
    def is_accepted(self) -> bool:
        return self.zone is not None


def load(
    text: str,
    *,
    file: str,
    origin: bytes,
    apex: bytes | None = None,
    default_ttl: int | None = None,
    strict: bool = True,
    limits: ZoneLimits | None = None,
    include: Include = no_includes,
    now_sec: int | None = None,
) -> LoadedZone:
    """Read, group and check one zone. `apex` None: the owner of the first SOA is the apex (discovered files).

    Nothing is raised for what the text says.
    """
    parsed = parse(text, origin=origin, file=file, default_ttl=default_ttl, limits=limits, include=include)
    findings = list(parsed.findings)
    built = build(parsed.records, apex or find_apex(parsed.records) or origin, limits)
    findings += built.findings
    zone = built.zone
    if zone is not None:
        findings += check_zone(zone, parsed.records, limits=limits, now_sec=now_sec)
    refused = zone is None or refuses(findings, strict=strict)
    serial = zone.serial if zone is not None else None
    return LoadedZone(
        None if refused else zone, worst_first(findings), tuple(parsed.files), serial, len(parsed.records)
    )


def origin_of(name: str) -> bytes:
    """The wire name of a zone name in settings, with or without its final dot. Raises BadName."""
    return names.from_text(name, names.ROOT)
