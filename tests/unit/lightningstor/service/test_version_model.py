"""The whole state machine of versions, markers, null versions and locks against a naive model.

Not a mirror of one file: it holds `plan_put`, `plan_delete`, `versioning`, `version_reader` and `listings` together.
"""

import asyncio
import base64
import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

from photoncloud.backends.metadata.memory import MemoryMetadata
from photoncloud.lightningstor.adapters.cipher_aesgcm import AesGcmCipher
from photoncloud.lightningstor.adapters.hash_pool import ThreadHashPool
from photoncloud.lightningstor.adapters.index_metadata import LocalIndex, SharedIndex
from photoncloud.lightningstor.core import xml_in
from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.service.body_sink import BodyStores

KEYS = st.sampled_from(["a", "a!", "b"])


class VersionModel(RuleBasedStateMachine):
    """Per key a list of versions, newest first: (id, body or None for a marker, has a legal hold)."""

    versions = Bundle("versions")
    make_world = None
    make_index = None
    header = None

    @initialize()
    def start(self):
        self.loop = asyncio.new_event_loop()
        self.threads = ThreadPoolExecutor(1)
        self.loop.run_until_complete(self._open())
        self.model = {}
        self.state = ""
        self.counter = 0

    async def _open(self):
        self.store = MemoryMetadata(kept_revisions=10)
        stores = BodyStores(
            ThreadHashPool(self.threads),
            SimpleNamespace(),
            AesGcmCipher(bytes(range(32)), os.urandom),
            os.urandom,
            1000,
        )
        self.world = type(self).make_world(stores, type(self).make_index(self.store))
        self.bucket = await self.world.bucket(lock_enabled=True)

    def teardown(self):
        if hasattr(self, "loop"):
            self.loop.run_until_complete(self.store.close())
            self.loop.close()
            self.threads.shutdown()

    def run(self, coroutine):
        return self.loop.run_until_complete(coroutine)

    def outcome(self, coroutine):
        """(result, "") of a call, or (None, code) of its refusal."""
        try:
            return self.run(coroutine), ""
        except S3Error as error:
            return None, error.code

    def _push(self, key, version, body):
        """A new newest version; a null one replaces the null version wherever it is."""
        entries = self.model.setdefault(key, [])
        if version == "null":
            entries[:] = [entry for entry in entries if entry[0] != "null"]
        entries.insert(0, (version, body, False))

    def _null_is_held(self, key):
        return any(version == "null" and held for version, _, held in self.model.get(key, []))

    @rule(state=st.sampled_from(["Enabled", "Suspended"]))
    def set_versioning(self, state):
        self.state = state
        self.bucket = self.run(self.world.changed(self.bucket, versioning=state))

    @rule(key=KEYS, target=versions)
    def put(self, key):
        self.counter += 1
        body = b"%d" % self.counter
        is_refused = self.state != "Enabled" and self._null_is_held(key)
        version, code = self.outcome(self.world.put(self.bucket, key, body))
        assert code == ("AccessDenied" if is_refused else "")
        if is_refused:
            return key, "null"
        assert (version is None) == (self.state == "")
        self._push(key, version or "null", body)
        return key, version or "null"

    @rule(key=KEYS, target=versions)
    def delete_key(self, key):
        is_refused = self.state != "Enabled" and self._null_is_held(key)
        reply, code = self.outcome(self.world.call("DeleteObject", self.bucket, key))
        assert code == ("AccessDenied" if is_refused else "")
        if is_refused:
            return key, "null"
        version = type(self).header(reply, "x-amz-version-id")
        if self.state == "":
            self.model.pop(key, None)
            return key, "null"
        self._push(key, version, None)
        return key, version

    @rule(which=versions)
    def delete_version(self, which):
        key, version = which
        entries = self.model.get(key, [])
        held = any(entry[0] == version and entry[2] for entry in entries)
        reply, code = self.outcome(self.world.call("DeleteObject", self.bucket, key, versionId=version))
        assert code == ("AccessDenied" if held else "")
        if held:
            return
        was_marker = any(entry[0] == version and entry[1] is None for entry in entries)
        assert (type(self).header(reply, "x-amz-delete-marker") == "true") == was_marker
        entries[:] = [entry for entry in entries if entry[0] != version]

    @rule(which=versions, on=st.booleans())
    def hold(self, which, on):
        key, version = which
        entries = self.model.get(key, [])
        found = next((at for at, entry in enumerate(entries) if entry[0] == version), None)
        document = b"<LegalHold><Status>%b</Status></LegalHold>" % (b"ON" if on else b"OFF")
        digest = base64.b64encode(hashlib.md5(document).digest()).decode()
        call = self.world.call(
            "PutObjectLegalHold", self.bucket, key, document, {"content-md5": digest}, versionId=version
        )
        _, code = self.outcome(call)
        is_marker = found is not None and entries[found][1] is None
        assert code == ("NoSuchVersion" if found is None else "MethodNotAllowed" if is_marker else "")
        if code:
            return
        entries[found] = (*entries[found][:2], on)

    @precondition(lambda self: getattr(self, "world", None))
    @invariant()
    def the_store_shows_what_the_model_says(self):
        self.run(self._compare())

    async def _compare(self):
        for key, entries in self.model.items():
            current = entries[0][1] if entries else None
            if current is None:
                with pytest.raises(S3Error) as caught:
                    await self.world.call("GetObject", self.bucket, key)
                assert caught.value.code == "NoSuchKey"
            else:
                assert await self.world.get(self.bucket, key) == current
            for version, body, _ in entries:
                if body is not None:
                    assert await self.world.get(self.bucket, key, versionId=version) == body
        root = xml_in.parse((await self.world.call("ListObjectVersions", self.bucket)).body, "ListVersionsResult")
        shown = [
            (
                item.required("Key").text,
                item.text_of("VersionId"),
                item.name == "DeleteMarker",
                item.text_of("IsLatest"),
            )
            for item in root
            if item.name in ("Version", "DeleteMarker")
        ]
        expected = [
            (key, version, body is None, "true" if at == 0 else "false")
            for key in sorted(self.model)
            for at, (version, body, _) in enumerate(self.model[key])
        ]
        assert shown == expected
        await self._compare_rows()

    async def _compare_rows(self):
        """Nothing is left over: one row a version, one inline body an object, one null pointer at most."""
        families = await self.world.families()
        entries = [entry for versions in self.model.values() for entry in versions]
        heads = [versions[0] for versions in self.model.values() if versions]
        assert families["c"] == sum(body is not None for _, body, _ in heads)
        assert families["m"] == sum(body is None for _, body, _ in heads)
        assert families["v"] == len(entries) - len(heads)
        assert families["i"] == sum(body is not None for _, body, _ in entries)
        nulls = [versions for versions in self.model.values() if any(entry[0] == "null" for entry in versions[1:])]
        assert families["n"] == len(nulls)
        assert (families["r"], families["g"]) == (0, 0)
        total = self.world.usage.of(self.bucket.record.id)
        bodies = [body for _, body, _ in entries if body is not None]
        assert total == (len(bodies), sum(map(len, bodies)))


@pytest.mark.parametrize(
    "make_index", [LocalIndex, lambda store: SharedIndex(store, "cluster")], ids=["local", "shared"]
)
def test_versions_markers_and_locks_match_the_model(object_world, reply_header, make_index):
    class Machine(VersionModel):
        make_world = staticmethod(object_world)
        header = staticmethod(reply_header)

    Machine.make_index = staticmethod(make_index)
    Machine.TestCase.settings = settings(
        max_examples=50, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
    )
    Machine.TestCase().runTest()
