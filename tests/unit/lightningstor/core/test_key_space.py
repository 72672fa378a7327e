"""Keys of the index: order, prefixes, and that nothing of one key or bucket lies among another's rows."""

from hypothesis import given
from hypothesis import strategies as st

from photoncloud.lightningstor.core import key_space

keys = st.binary(max_size=12) | st.text(max_size=8).map(lambda text: text.encode("utf-8", "surrogatepass"))
small = st.lists(st.sampled_from([b"\0", b"\1", b"\xff", b"a", b"/"]), max_size=6).map(b"".join)


@given(keys | small, keys | small)
def test_escaping_keeps_order_and_makes_no_key_a_prefix_of_another(left, right):
    escaped = key_space.escape(left), key_space.escape(right)
    assert (escaped[0] < escaped[1]) == (left < right)
    if left != right:
        assert not escaped[1].startswith(escaped[0])


@given(keys | small, keys)
def test_escaping_is_undone(key, rest):
    assert key_space.unescape(key_space.escape(key)) == key
    assert key_space.split_escaped(key_space.escape(key) + rest) == (key, rest)


@given(small, small)
def test_escaped_prefix_is_what_exactly_the_keys_with_the_prefix_begin_with(prefix, key):
    assert key_space.escape(key).startswith(key_space.escape_prefix(prefix)) == key.startswith(prefix)


@given(keys, keys)
def test_prefix_end_is_above_everything_that_begins_with_the_prefix(prefix, rest):
    if prefix.strip(b"\xff"):
        end = key_space.prefix_end(prefix)
        assert prefix + rest < end
        assert not end.startswith(prefix)


def test_versions_of_a_key_are_newest_first():
    place = key_space.place(b"bucketid", b"k")
    rows = [key_space.version(place, sequence) for sequence in (1, 2, 1 << 40)]
    assert sorted(rows) == rows[::-1]
    start, end = key_space.versions(place)
    assert all(start <= row < end for row in rows)
    assert not start <= key_space.version(key_space.place(b"bucketid", b"k\0"), 1) < end
    assert key_space.sequence_of(rows[0][-8:]) == 1


def test_every_family_has_its_first_byte():
    place = key_space.place(b"bucketid", b"k")
    rows = [
        key_space.bucket("b"),
        key_space.current(place),
        key_space.marker(place),
        key_space.version(place, 1),
        key_space.null_version(place),
        key_space.upload(place, bytes(16)),
        key_space.inline(bytes(16)),
        key_space.segments(bytes(16), 0),
        key_space.reference(b"b" + bytes(16), b"user"),
        key_space.candidate(1, b"b" + bytes(16)),
        key_space.outbox(1, b"r"),
        key_space.access_key("AK"),
        key_space.system("schema"),
    ]
    assert "".join(chr(row[0]) for row in rows) == key_space.FAMILIES


def test_upload_rows_of_the_three_kinds_never_mix():
    upload_id = bytes(16)
    for bucket_id in (b"p" * 8, b"d" * 8, b"\0" * 8):
        place = key_space.place(bucket_id, b"k")
        start, end = key_space.bucket_rows(key_space.UPLOAD, bucket_id)
        assert start <= key_space.upload(place, upload_id) < end
        assert not start <= key_space.part(upload_id, 1) < end
        assert not start <= key_space.completed(upload_id) < end
    assert [key_space.part_number(key_space.part(upload_id, number)) for number in (1, 10_000)] == [1, 10_000]


def test_candidates_are_taken_oldest_first_and_cleanup_need_not_wait():
    target = key_space.TARGET_BLOB + bytes(16)
    start, end = key_space.candidates(1000)
    assert start <= key_space.candidate(999, target) < end
    assert not start <= key_space.candidate(1000, target) < end
    assert start <= key_space.cleanup(bytes(16)) < end
    assert key_space.candidate_parts(key_space.candidate(7, target)) == (7, target)


def test_digest_row_is_no_segment_row():
    start, end = key_space.body_segments(bytes(16))
    assert start <= key_space.segments(bytes(16), 9) < end
    assert not start <= key_space.segments(bytes(16), key_space.BODY_DIGEST_NUMBER) < end
