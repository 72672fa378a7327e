"""May this caller do this? Policies first, then access control lists, then what PublicAccessBlock takes away.

This is the only module that makes an `Authorised`. Explicit denies always win; an access control list can only add.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol, cast

from photoncloud.backends.auth.iam.bucket_policy import load_bucket_policy
from photoncloud.backends.auth.iam.statements import BrokenPolicy
from photoncloud.backends.auth.port import (
    AuthBackend,
    AuthUnavailable,
    Decision,
    ImmediateAuth,
    Layer,
    Policy,
    Principal,
    Resource,
    Verdict,
)
from photoncloud.lightningstor.core import acl, key_space, public_access, version_id
from photoncloud.lightningstor.core.access_conditions import AccessContext
from photoncloud.lightningstor.core.actions import BY_ACTION, Need
from photoncloud.lightningstor.core.records import Grant, ObjectRecord
from photoncloud.lightningstor.core.version_id import VersionRef
from photoncloud.lightningstor.errors import S3Error
from photoncloud.lightningstor.service.bucket_directory import Bucket
from photoncloud.lightningstor.service.call import Authorised, Call
from photoncloud.lightningstor.service.version_reader import Found

_ENFORCED = "BucketOwnerEnforced"
_LOCATION = "s3:locationconstraint"
_ROOT = "the root of the account may do everything in it"
SETTLED_LIMIT = 4096
"""Roots times actions: far more than there are."""


class ObjectReader(Protocol):
    """Finds the object a condition or an access control list speaks of (`version_reader.VersionReader`)."""

    async def find(self, place: bytes, ref: VersionRef | None) -> Found | None: ...


@dataclass(slots=True)
class Question:
    """Who wants something, and on what. `why` is filled with the reason of the last answer, for the operator."""

    principal: Principal
    bucket: Bucket | None
    bucket_name: str
    key: bytes
    version_id: str
    context: AccessContext
    why: str = ""
    decision: Decision | None = None


class _BucketPolicy(NamedTuple):
    policy: Policy
    is_public: bool


class Authoriser:
    """Answers questions with the auth backend, the bucket's documents and the objects' lists."""

    def __init__(self, auth: AuthBackend, objects: ObjectReader) -> None:
        self._auth = auth
        self._immediate = cast(ImmediateAuth, auth) if isinstance(auth, ImmediateAuth) else None
        self._objects = objects
        self._settled: set[tuple[str, str, str]] = set()
        """(principal, action, account) that no resource and no condition can change: a root in its own account."""

    async def authorise(self, question: Question, needs: Iterable[Need]) -> Authorised:
        """The proof that every need is allowed. Raises S3Error AccessDenied, ServiceUnavailable."""
        for need in needs:
            if not await self._is_allowed(question, need) and not _is_provisional(question):
                raise S3Error("AccessDenied")
        return Authorised(question.principal, question.why, question.context)

    async def allows(self, call: Call, action: str, key: bytes = b"", version_id: str = "") -> bool:
        """Whether the caller of an authorised request may also do `action`: on `key` of its bucket, or with an empty
        key on the bucket itself. Raises S3Error ServiceUnavailable.
        """
        question = Question(
            call.authorised.principal,
            call.bucket,
            call.bucket_name,
            key,
            version_id,
            _context_for(call, key, version_id),
        )
        return await self._is_allowed(question, BY_ACTION[action])

    async def confirm_location(self, call: Call, location: str) -> None:
        """CreateBucket once its body was read: policies may speak of the location. Raises S3Error AccessDenied."""
        if location:
            call.authorised.context.extra[_LOCATION] = location
        if not await self.allows(call, "s3:CreateBucket"):
            raise S3Error("AccessDenied")

    async def _is_allowed(self, question: Question, need: Need) -> bool:
        bucket = question.bucket
        attached = _policy_of(bucket)
        if attached is None and (question.principal.arn, need.action, _account(question)) in self._settled:
            question.why = f"{need.action}: {_ROOT}"
            return True
        resource = _resource(need, question)
        decision = await self._decide(question, need, resource, attached)
        if question.context.wants_existing and question.context.existing is None and bucket is not None:
            found = await self._find(question)
            if found is not None:
                question.context.existing = found
                decision = await self._decide(question, need, resource, attached)
        question.decision, question.why = decision, f"{need.action}: {decision.reason}"
        if decision.is_allowed and not _is_restricted(question.principal, bucket, attached):
            if attached is None and _is_roots_own(decision):
                self._settle(question.principal.arn, need.action, resource.account_id)
            return True
        if decision.is_explicit_deny or bucket is None or not need.acl:
            return False
        return await self._is_granted(question, need, bucket, decision)

    def _settle(self, arn: str, action: str, account_id: str) -> None:
        if len(self._settled) < SETTLED_LIMIT:
            self._settled.add((arn, action, account_id))

    async def _decide(
        self, question: Question, need: Need, resource: Resource, attached: _BucketPolicy | None
    ) -> Decision:
        policy = None if attached is None else attached.policy
        asked = (question.principal, need.action, resource, question.context, policy)
        if self._immediate is not None:
            return self._immediate.authorize_now(*asked)
        try:
            return await self._auth.authorize(*asked)
        except AuthUnavailable as error:
            raise S3Error("ServiceUnavailable") from error

    async def _is_granted(self, question: Question, need: Need, bucket: Bucket, decision: Decision) -> bool:
        """Whether an access control list gives what no policy gave."""
        if bucket.record.ownership == _ENFORCED:
            return False
        grants: tuple[Grant, ...] = bucket.record.grants
        if need.object_acl:
            found = await self._find(question)
            if found is None:
                return False
            grants = found.grants
        block = bucket.parsed("public-access", public_access.parse_block) or public_access.NOTHING_BLOCKED
        hidden = block.ignore_public_acls
        if acl.allows(grants, need.acl, "", ignore_public=hidden):
            question.why = f"{need.action}: granted to everybody by an access control list"
            return True
        principal = question.principal
        may_use_grants = principal.is_root or decision.layers.get(Layer.IDENTITY) is Verdict.ALLOWED
        if not may_use_grants or not acl.allows(grants, need.acl, principal.canonical_id, ignore_public=hidden):
            return False
        question.why = f"{need.action}: granted to the caller's account by an access control list"
        return True

    async def _find(self, question: Question) -> ObjectRecord | None:
        """The object asked about, or None (also for a version id that cannot exist: the handler says so)."""
        if question.bucket is None or not question.key:
            return None
        try:
            ref = version_id.parse(question.version_id) if question.version_id else None
        except S3Error:
            return None
        found = await self._objects.find(key_space.place(question.bucket.record.id, question.key), ref)
        return None if found is None else found.record


def _context_for(call: Call, key: bytes, version: str) -> AccessContext:
    """The conditions of the call; what is known about its object holds only for the same key and version."""
    context = call.authorised.context
    if key == call.key and version == call.query.get("versionId", ""):
        return context
    query = {**context.query, "versionId": version}
    return AccessContext(context.request, context.operation, query, context.now_ns, context.signature)


def _is_provisional(question: Question) -> bool:
    """CreateBucket refused only for want of its location, which stands in the body: `confirm_location` decides."""
    decision = question.decision
    return (
        question.context.operation == "CreateBucket"
        and decision is not None
        and not decision.is_explicit_deny
        and _LOCATION in decision.missing_context
    )


def _policy_of(bucket: Bucket | None) -> _BucketPolicy | None:
    if bucket is None or "policy" not in bucket.documents:
        return None
    name = bucket.record.name

    def load(content: bytes) -> _BucketPolicy:
        policy = load_bucket_policy(content, name)
        is_public = not isinstance(policy, BrokenPolicy) and public_access.is_policy_public(content)
        return _BucketPolicy(policy, is_public)

    return bucket.parsed("policy", load)


def _resource(need: Need, question: Question) -> Resource:
    account = _account(question)
    if need.target == "service":
        return Resource("*", account)
    if need.target == "bucket":
        return Resource(f"arn:aws:s3:::{question.bucket_name}", account)
    return Resource(f"arn:aws:s3:::{question.bucket_name}/{question.key.decode('utf-8', 'replace')}", account)


def _account(question: Question) -> str:
    """The account that owns what is asked about."""
    return question.principal.account_id if question.bucket is None else question.bucket.record.account_id


def _is_roots_own(decision: Decision) -> bool:
    """Allowed because the caller is root, by no statement and under no guardrail: nothing else was looked at."""
    decisive = decision.decisive
    return (
        decisive is not None
        and decisive.layer is Layer.BUILT_IN
        and Layer.SERVICE_GUARDRAIL not in decision.layers
        and Layer.RESOURCE_GUARDRAIL not in decision.layers
    )


def _is_restricted(principal: Principal, bucket: Bucket | None, attached: _BucketPolicy | None) -> bool:
    """RestrictPublicBuckets: a public policy opens nothing to callers of other accounts."""
    if bucket is None or attached is None or not attached.is_public:
        return False
    if not principal.is_anonymous and principal.account_id == bucket.record.account_id:
        return False
    block = bucket.parsed("public-access", public_access.parse_block)
    return block is not None and block.restrict_public_buckets
