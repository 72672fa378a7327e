"""Numbers of types, classes, opcodes and reply codes this code speaks about (IANA DNS parameters)."""

from __future__ import annotations

A, NS, MD, MF, CNAME, SOA, MB, MG, MR, NULL, WKS, PTR, HINFO, MINFO, MX, TXT, RP, AFSDB = range(1, 19)
RT, SIG, KEY, PX, AAAA, NXT, SRV, NAPTR, KX, DNAME, OPT = 21, 24, 25, 26, 28, 30, 33, 35, 36, 39, 41
DS, SSHFP, RRSIG, NSEC, DNSKEY, NSEC3, NSEC3PARAM, TLSA, CDS, CDNSKEY = 43, 44, 46, 47, 48, 50, 51, 52, 59, 60
CSYNC, ZONEMD, SVCB, HTTPS, SPF = 62, 63, 64, 65, 99
TKEY, TSIG, IXFR, AXFR, MAILB, MAILA, ANY, CAA = 249, 250, 251, 252, 253, 254, 255, 257

CLASS_IN, CLASS_CH, CLASS_NONE, CLASS_ANY = 1, 3, 254, 255

OPCODE_QUERY, OPCODE_NOTIFY, OPCODE_UPDATE = 0, 4, 5

NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, YXDOMAIN, YXRRSET, NXRRSET, NOTAUTH, NOTZONE = range(11)
BADVERS = BADSIG = 16
BADKEY, BADTIME, BADTRUNC, BADCOOKIE = 17, 18, 22, 23

# Types 128-255 that ask about messages or types and never are data (RFC 6895 §3.1); OPT is the one below 128.
META_TYPES = frozenset({0, OPT, *range(128, 256)})
# Types of the signer: shown under DO only, or when asked by name.
DNSSEC_DENIAL_TYPES = frozenset({RRSIG, NSEC, NSEC3})


def is_data(rrtype: int) -> bool:
    """Whether a zone may hold records of this type."""
    return rrtype not in META_TYPES
