"""The limits of the rule book, one place, each with its reason. Settings may lower or raise the zone ones."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ZoneLimits:
    """What one zone may cost. Beyond a limit the zone is refused with the limit named."""

    max_records: int = 20_000_000  # memory of the builder, about 10 GB of text
    max_rrset_records: int = 1000  # an answer of 64 KiB holds about 1,000 addresses with signatures
    max_types_per_name: int = 100  # ANY and AXFR cost per name; real names hold fewer than ten
    generate_total: int = 65536  # a /16 of reverse names
    include_depth: int = 10  # deeper is a cycle
    line_octets: int = 65536  # the longest rdata in hexadecimal still fits a few continued lines
    entry_octets: int = 262144  # one record over many lines: 64 KiB of rdata as hexadecimal, twice
    nsec3_max_iterations: int = 50  # RFC 9276 §3.2: validators treat more as insecure


@dataclass(frozen=True, slots=True)
class TransferLimits:
    """What an incoming transfer may cost; a primary may be hostile."""

    max_octets: int = 4 << 30
    max_records: int = 20_000_000
    refresh_min_sec: int = 2  # a zero refresh would be a busy loop
    retry_min_sec: int = 1
    expire_max_sec: int = 2_419_200  # four weeks (RFC 1912 §2.2 upper advice)
    unsigned_between: int = 99  # RFC 8945 §5.3.1: messages without TSIG in a signed stream


CNAME_CHAIN_MAX = 16  # links followed for one question; resolvers stop at about the same length
ADDITIONAL_NAMES_MAX = 13  # targets whose addresses are added, the number of root servers
UDP_OCTETS_PLAIN = 512  # RFC 1035 §2.3.4
UDP_OCTETS_DEFAULT = 1232  # fits IPv6 minimum MTU without fragments
MESSAGE_OCTETS_MAX = 65535
TRANSFER_MESSAGE_OCTETS = 16384  # messages of a transfer are filled to here: pointers reach no further
EDE_TEXT_OCTETS_MAX = 60  # an error reply must stay about as short as its question
TTL_MAX = 2**31 - 1  # RFC 2181 §8
SYNTAX_FINDINGS_MAX = 100  # of one file; more would not be read
