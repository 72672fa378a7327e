"""A blob store in a temporary directory, and a clock that stands still."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from photoncloud.lightningstor.adapters.blobs_filesystem import FilesystemBlobs


class StillClock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return StillClock()


@pytest.fixture
def executor():
    with ThreadPoolExecutor(4) as executor:
        yield executor


@pytest.fixture
def make_store(tmp_path, executor, clock):
    stores = []

    def make(data_dir=tmp_path / "data", **options):
        store = FilesystemBlobs(data_dir, executor, monotonic=clock, **options)
        stores.append(store)
        return store

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def store(make_store):
    return make_store()


@pytest.fixture
def put():
    async def put(store, data, length=None):
        writer = await store.create(length=length)
        await writer.write([data])
        await writer.publish()
        return writer.id

    return put


@pytest.fixture
def files():
    """Every regular file below a directory, without the empty ones of the file system itself."""

    def files(directory):
        return sorted(os.path.join(path, name) for path, _, names in os.walk(directory) for name in names)

    return files


@pytest.fixture
def open_descriptors():
    return lambda: len(os.listdir("/proc/self/fd"))
