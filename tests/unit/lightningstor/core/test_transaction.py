"""Limits of transactions."""

from photoncloud.backends.metadata.port import Limits
from photoncloud.lightningstor.core.transaction import OPERATION_LIMIT


def test_own_limit_leaves_room_below_every_backend_s():
    assert Limits().operations > OPERATION_LIMIT
