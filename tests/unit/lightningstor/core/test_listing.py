"""The walk of paged lists against a naive model, page by page."""

import bisect

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoncloud.lightningstor.core import key_space, listing, token
from photoncloud.lightningstor.core.listing import CommonPrefix, Entry, Walk
from photoncloud.lightningstor.errors import S3Error

pieces = st.sampled_from(["a", "b", "/", "//", "ab", "\0", "é", "~"])
names = st.lists(pieces, min_size=1, max_size=5).map(lambda parts: "".join(parts).encode())
key_sets = st.sets(names, max_size=25)
prefixes = st.sampled_from([b"", b"a", b"a/", b"ab", b"/", b"\0", b"zz"])
delimiters = st.sampled_from([b"", b"/", b"//", b"a", b"\0"])


class Rows:
    """Rows of one family in order, counting seeks and rows handed out."""

    def __init__(self, keys):
        self.positions = sorted(key_space.escape(key) for key in keys)
        self.at = self.seeks = self.handed = 0

    def seek(self, position):
        self.seeks += 1
        self.at = bisect.bisect_left(self.positions, position)

    def take(self, count):
        taken = self.positions[self.at : self.at + count]
        self.at += len(taken)
        self.handed += len(taken)
        return [Entry(position, key_space.unescape(position), b"") for position in taken]


def run(keys, prefix, delimiter, start, limit):
    rows, walk = Rows(keys), Walk(prefix, delimiter, start, limit)
    while True:
        if walk.seek is not None:
            rows.seek(walk.seek)
        if not walk.feed(rows.take(walk.want)):
            return walk, rows


def naive(keys, prefix, delimiter):
    """What a whole listing shows, in order: keys and common prefixes."""
    shown = []
    for key in sorted(keys):
        if not key.startswith(prefix):
            continue
        found = key.find(delimiter, len(prefix)) if delimiter else -1
        item = key if found < 0 else CommonPrefix(key[: found + len(delimiter)])
        if item not in shown:
            shown.append(item)
    return shown


def shown_by(walk):
    keys = [(entry.key, entry.key) for entry in walk.entries]
    groups = [(prefix, CommonPrefix(prefix)) for prefix in walk.prefixes]
    return [item for _, item in sorted(keys + groups, key=lambda pair: pair[0])]


@settings(max_examples=300)
@given(key_sets, prefixes, delimiters, st.integers(1, 12), st.booleans())
def test_union_of_pages_is_the_whole_list(keys, prefix, delimiter, limit, by_token):
    expected, shown, start = naive(keys, prefix, delimiter), [], b""
    while True:
        walk, _ = run(keys, prefix, delimiter, start, limit)
        page = shown_by(walk)
        assert len(page) <= limit
        shown += page
        if not walk.is_truncated:
            break
        assert len(page) == limit
        kind, position = listing.token_position(walk.last)
        if by_token:
            start = listing.after_token(kind, position)
        else:
            start = listing.after_marker(position, prefix, delimiter)
    assert shown == sorted(expected, key=lambda item: item.prefix if isinstance(item, CommonPrefix) else item)


@settings(max_examples=200)
@given(key_sets, prefixes, delimiters, names, st.integers(1, 30))
def test_a_marker_nobody_issued_starts_behind_it(keys, prefix, delimiter, marker, limit):
    walk, _ = run(keys, prefix, delimiter, listing.after_marker(marker, prefix, delimiter), limit)
    assert all(entry.key > marker for entry in walk.entries)
    expected = [key for key in naive(keys, prefix, delimiter) if not isinstance(key, CommonPrefix) and key > marker]
    if not walk.is_truncated:
        assert [entry.key for entry in walk.entries] == expected


def test_work_is_proportional_to_what_is_shown_not_to_what_is_below():
    keys = [b"d%d/%06d" % (folder, number) for folder in range(10) for number in range(2000)]
    walk, rows = run(keys, b"", b"/", b"", 1000)
    assert len(walk.prefixes) == 10
    assert rows.seeks <= 12
    assert rows.handed <= 60


def test_flat_keys_with_a_delimiter_are_read_in_growing_batches():
    keys = [b"%06d" % number for number in range(5000)]
    walk, rows = run(keys, b"", b"/", b"", 1000)
    assert len(walk.entries) == 1000
    assert walk.is_truncated
    assert rows.seeks == 1
    assert rows.handed <= 1001


def test_exactly_full_page_is_not_truncated():
    for delimiter in (b"", b"/"):
        walk, _ = run([b"a", b"b"], b"", delimiter, b"", 2)
        assert not walk.is_truncated
    walk, _ = run([b"a/1", b"a/2", b"b/1"], b"", b"/", b"", 2)
    assert (walk.prefixes, walk.is_truncated) == ([b"a/", b"b/"], False)
    walk, _ = run([b"a/1", b"a/2", b"b"], b"a/", b"", b"", 2)
    assert not walk.is_truncated


@pytest.mark.parametrize(
    ("text", "shown"),
    [(None, (1000, 1000)), ("", (1000, 1000)), ("0", (0, 0)), ("7", (7, 7)), ("5000", (1000, 5000)), ("-0", (0, 0))],
)
def test_page_limit(text, shown):
    assert listing.page_limit(text, "max-keys") == shown


NOT_A_NUMBER = "Provided max-keys not an integer or within integer range"
NEGATIVE = "Argument maxKeys must be an integer between 0 and 2147483647"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a", NOT_A_NUMBER),
        ("1.5", NOT_A_NUMBER),
        ("2147483648", NOT_A_NUMBER),
        ("-1", NEGATIVE),
        ("٣", NOT_A_NUMBER),
        ("9" * 30, NOT_A_NUMBER),
    ],
)
def test_page_limits_that_make_no_sense(text, message):
    with pytest.raises(S3Error) as caught:
        listing.page_limit(text, "max-keys")
    assert (caught.value.code, caught.value.message) == ("InvalidArgument", message)
    assert caught.value.fields == {"ArgumentName": "max-keys", "ArgumentValue": text}


def test_encoding():
    assert not listing.check_encoding(None)
    assert listing.check_encoding("url")
    with pytest.raises(S3Error) as caught:
        listing.check_encoding("base64")
    assert caught.value.message == "Invalid Encoding Method specified in Request"


def test_token_positions():
    assert listing.token_position(CommonPrefix(b"a/")) == (token.AFTER_PREFIX, b"a/")
    assert listing.token_position(Entry(b"a\0\1", b"a", b"")) == (token.AFTER_KEY, b"a")
