"""Finding versions, also while they move."""

from photoncloud.lightningstor.core import key_space, version_id


async def _history(world):
    bucket = await world.bucket()
    await world.put(bucket, "k", b"null")
    bucket = await world.changed(bucket, versioning="Enabled")
    ids = [await world.put(bucket, "k", b"%d" % number) for number in range(3)]
    return bucket, key_space.place(bucket.record.id, b"k"), [version_id.parse(text) for text in ids]


async def test_head_noncurrent_and_null(world):
    _, place, refs = await _history(world)
    head = await world.reader.find(place, None)
    assert (head.is_head, head.row_key) == (True, key_space.current(place))
    assert (await world.reader.find(place, refs[2])).is_head
    found = await world.reader.find(place, refs[0])
    assert (found.is_head, found.record.sequence) == (False, refs[0].sequence)
    assert found.row_key == key_space.version(place, refs[0].sequence)
    assert (await world.reader.find(place, version_id.NULL_REF)).record.version_tail == b""
    assert await world.reader.find(place, refs[0]._replace(tail=b"x" * 8)) is None
    assert await world.reader.find(key_space.place(b"nobucket", b"k"), None) is None


async def test_a_version_promoted_while_it_is_looked_for_is_found(world, monkeypatch):
    bucket, place, refs = await _history(world)
    get, moved = world.index.get, []

    async def racing(key):
        if key[:1] == b"v" and not moved:
            moved.append(key)
            await world.call("DeleteObject", bucket, "k", versionId=version_id.text(*refs[2]))
        return await get(key)

    monkeypatch.setattr(world.index, "get", racing)
    found = await world.reader.find(place, refs[1])
    assert (found.record.sequence, found.is_head) == (refs[1].sequence, True)


async def test_neighbours(world):
    _, place, refs = await _history(world)
    assert (await world.reader.newest_noncurrent(place)).record.sequence == refs[1].sequence
    assert (await world.reader.noncurrent_null(place)).record.version_tail == b""
    assert await world.reader.noncurrent(place, refs[2]) is None  # it is the head
    empty = key_space.place(b"nobucket", b"k")
    assert await world.reader.newest_noncurrent(empty) is None
    assert await world.reader.noncurrent_null(empty) is None
