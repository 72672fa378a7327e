"""The layout of a compiled zone, version 1: little-endian, sections 8-aligned, offsets from the first octet.

header    512 octets: HEADER, then at SECTION_TABLE_AT one SECTION for each section
slots     u32: node index + 1, 0 empty; a power of two of them, at least two for each node; a name starts at
          `home_slot` and follows linear probing, at most as many steps as the header says
nodes     NODE: name in `names`, labels, flags, parent, wildcard child, default answer, answers, sets
names     octets of folded names and of owners as written
rrsets    RRSET: type, type covered (signatures), TTL, owner, count, offset in `data`
data      u16 length + octets for each rdata
answers   ANSWER: what to send for (node, QTYPE, shape)
fragments u32: fragment indices, a run for each answer
tails     TAIL: octets in `octets`, the length of QNAME they were made for, a run of `relocs`
octets    finished octets, equal ones once
relocs    u16: positions in a tail of pointers that grow with QNAME
denial    DENIAL_NSEC in canonical order or DENIAL_NSEC3 in order of hashes: node, its record as a tail, records there
dependants u32 pairs (name, owner): the answers of `owner` embed data of `name`; sorted
meta      JSON for people and tools
"""

from __future__ import annotations

from struct import Struct
from zlib import crc32

from photoncloud.flashdns.core.answer import Kind

MAGIC = b"PFDNSI01"
HEADER_SIZE = 512
# magic, kind, flags, version, most probes, length, SHA-256 of the image (zeros here), SHA-256 of the base, revision,
# serial, seed, apex node
HEADER = Struct("<8sBBHIQ32s32sQIII")
DIGEST_AT, DIGEST_OCTETS = 24, 32
SECTION_TABLE_AT = 128
SECTION = Struct("<IIQQ")  # id, count, offset, length
VERSION = 1
KIND_BASE, KIND_OVERLAY = 0, 1
FLAG_SIGNED, FLAG_NSEC3, FLAG_OPT_OUT, FLAG_WILDCARD = 1, 2, 4, 8

SECTIONS = (
    "slots", "nodes", "names", "rrsets", "data", "answers", "fragments", "tails", "octets", "relocs", "denial",
    "dependants", "meta",
)  # fmt: skip

# name offset, length, labels, flags, parent, wildcard child, default answer, first answer, answers, sets, first set
NODE = Struct("<IBBHIIIIHHI")
NODE_APEX, NODE_CUT, NODE_DNAME, NODE_ENT, NODE_OCCLUDED, NODE_BELOW_DNAME, NODE_HASHED = 1, 2, 4, 8, 16, 32, 64
NODE_TOMBSTONE = 128
NODE_ALIAS = 256
NONE = 0xFFFFFFFF

RRSET = Struct("<HHIIBxHQ")  # type, covered, TTL, owner offset, owner length, count, data offset
# QTYPE, shape, rcode, AA, kind, counts, fragments, first fragment, octets, imputed node
ANSWER = Struct("<HBBBBHHHHIII")
SHAPE_DO, SHAPE_SYNTHESIZED = 1, 2
QTYPE_DEFAULT = 0  # any type without an entry of its own
KINDS: tuple[Kind, ...] = ("positive", "nodata", "nxdomain", "referral", "error")
TAIL = Struct("<QIHHI")  # offset, length, octets of QNAME, relocs, first reloc
DENIAL_NSEC = Struct("<IIHxx")
DENIAL_NSEC3 = Struct("<20sIIHxx")
HASH_OCTETS = 20
U16 = Struct("<H")
NAME_PLACE = Struct("<IB")  # the start of NODE
ANSWER_KEY = Struct("<HB")  # the start of ANSWER
U32 = Struct("<I")
PAIR = Struct("<II")
# What the builder aims at by growing the table. A zone made of colliding names may need more; the header tells.
MAX_PROBES = 16


def home_slot(name: bytes, seed: int, slots: int) -> int:
    """Where probing for a folded name starts. CRC-32 is linear: names that differ in digits only would stand in rows,
    so its bits are mixed (Fibonacci hashing) and the highest ones taken."""
    mixed = crc32(name, seed) * 0x9E3779B1 & 0xFFFFFFFF
    return mixed * slots >> 32
