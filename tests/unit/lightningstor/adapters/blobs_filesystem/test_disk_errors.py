"""Each errno means one thing to the service."""

import errno
import os

import pytest

from photoncloud.lightningstor.adapters.blobs_filesystem.disk_errors import translated
from photoncloud.lightningstor.errors import OutOfSpace, S3Error, StoreDamaged


def error(number):
    return translated(OSError(number, os.strerror(number)), "blob write", "/data/x")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_no_room(number):
    assert isinstance(error(number), OutOfSpace)


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOMEM])
def test_what_passes_by_itself(number):
    refused = error(number)
    assert isinstance(refused, S3Error)
    assert refused.code == "SlowDown"


def test_read_only():
    assert error(errno.EROFS).code == "ServiceUnavailable"


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES, errno.ENOENT])
def test_anything_else_is_damage_with_its_place(number):
    damage = error(number)
    assert isinstance(damage, StoreDamaged)
    assert damage.where == "/data/x"
    assert os.strerror(number) in damage.what
