"""Who may do what: identity policies, bucket policies, access control lists, ownership, PublicAccessBlock, by table.

Each setting lists its callers and, for every request, whether it is served (`+`) or refused with 403 (`-`). All
decisions are asked over the wire; there are more than 200.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from photoncloud.backends.auth.iam.principal import derive_account_id
from photoncloud.testkit.s3_wire import Target, WireAnswer

OTHER_ACCOUNT = derive_account_id("other")
USERS: dict[str, tuple[str, str | dict[str, str]]] = {
    "admin": ("default", "admin"),
    "writer": ("default", "readwrite"),
    "reader": ("default", "readonly"),
    "nobody": ("default", {"Allow": "iam:GetUser"}),
    "getter": ("default", "s3:GetObject"),
    "denied": ("default", {"Allow": "s3:*", "Deny": "s3:DeleteObject"}),
    "foreign": ("other", "readwrite"),
    "foreign0": ("other", {"Allow": "iam:GetUser"}),
}
"""User → account and identity policy: a canned one, one allowed action, or effects with their action."""
CALLERS = ("root", *USERS, "anyone")

REQUESTS: dict[str, Callable[[str], tuple[str, str, bytes, dict[str, str], dict[str, str]]]] = {
    "GET": lambda b: ("GET", f"/{b}/key", b"", {}, {}),
    "PUT": lambda b: ("PUT", f"/{b}/put", b"x", {}, {}),
    "DEL": lambda b: ("DELETE", f"/{b}/gone", b"", {}, {}),
    "LIST": lambda b: ("GET", f"/{b}", b"", {"list-type": "2"}, {}),
    "VERS": lambda b: ("GET", f"/{b}", b"", {"versions": ""}, {}),
    "ACL": lambda b: ("GET", f"/{b}/key", b"", {"acl": ""}, {}),
    "PUTACL": lambda b: ("PUT", f"/{b}/key", b"", {"acl": ""}, {"x-amz-acl": "private"}),
    "CORS": lambda b: ("DELETE", f"/{b}", b"", {"cors": ""}, {}),
}
ORDER = tuple(REQUESTS)


@dataclass(frozen=True)
class Setting:
    """How the bucket is, and the decisions: caller → a sign for each request in `ORDER`."""

    decisions: Mapping[str, str]
    policy: list[dict[str, Any]] = field(default_factory=list)
    bucket_acl: dict[str, str] = field(default_factory=dict)
    object_acl: dict[str, str] = field(default_factory=dict)
    ownership: str = ""
    block: tuple[str, ...] = ()


OWN = "++++++++"
"""What the account's own people may by their identity policy alone."""


def allow(principal: object, *actions: str, **more: object) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": list(actions), **more}


def deny(principal: object, *actions: str, **more: object) -> dict[str, Any]:
    return {"Effect": "Deny", "Principal": principal, "Action": list(actions), **more}


def user(name: str) -> dict[str, str]:
    return {"AWS": f"arn:aws:iam::{derive_account_id(USERS[name][0])}:user/{name}"}


ACCOUNT_OTHER = {"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"}
DEFAULTS = {
    #          GET PUT DEL LIST VERS ACL PUTACL CORS
    "root": OWN,
    "admin": OWN,
    "writer": OWN,
    "reader": "+--+++--",
    "nobody": "--------",
    "getter": "+-------",
    "denied": "++-+++++",
    "foreign": "--------",
    "foreign0": "--------",
    "anyone": "--------",
}


def changed(**rows: str) -> dict[str, str]:
    return DEFAULTS | rows


SETTINGS: dict[str, Setting] = {
    "nothing set": Setting(changed()),
    "policy: anybody gets": Setting(
        changed(nobody="+-------", foreign="+-------", foreign0="--------", anyone="+-------"),
        policy=[allow("*", "s3:GetObject")],
    ),
    "policy: one user of the account gets": Setting(
        changed(nobody="+-------"), policy=[allow(user("nobody"), "s3:GetObject")]
    ),
    "policy: another account may, its users by their own policy": Setting(
        changed(foreign="+++-----"),
        policy=[allow(ACCOUNT_OTHER, "s3:GetObject", "s3:PutObject", "s3:DeleteObject")],
    ),
    "policy: a user of another account still needs its own account's word": Setting(
        changed(foreign="+-------"),
        policy=[allow(user("foreign"), "s3:GetObject"), allow(user("foreign0"), "s3:GetObject")],
    ),
    "policy: deny beats everything, root included": Setting(
        changed(
            root="+-++++++",
            admin="+-++++++",
            writer="+-++++++",
            denied="+--+++++",
            nobody="+-------",
            foreign="+-------",
            anyone="+-------",
        ),
        policy=[allow("*", "s3:GetObject"), deny("*", "s3:PutObject")],
    ),
    "policy: deny of one user": Setting(changed(writer="-+++++++"), policy=[deny(user("writer"), "s3:GetObject")]),
    "policy: everybody but one": Setting(
        changed(
            root="-+++++++",
            admin="-+++++++",
            reader="---+++--",
            getter="--------",
            denied="-+-+++++",
        ),
        policy=[
            {
                "Effect": "Deny",
                "NotPrincipal": user("writer"),
                "Action": "s3:GetObject",
            }
        ],
    ),
    "policy: all actions but one": Setting(
        changed(anyone="+++-----", nobody="+++-----", foreign="+++-----", getter="+++-----", reader="++++++--"),
        policy=[{"Effect": "Allow", "Principal": "*", "NotAction": ["s3:*Acl", "s3:*Bucket*", "s3:PutObjectAcl"]}],
    ),
    "policy: of a condition that does not hold": Setting(
        changed(), policy=[allow("*", "s3:GetObject", Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}})]
    ),
    "policy: of a condition that holds": Setting(
        changed(nobody="+-------", foreign="+-------", anyone="+-------"),
        policy=[allow("*", "s3:GetObject", Condition={"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}})],
    ),
    "policy: lists below a prefix only": Setting(
        changed(), policy=[allow("*", "s3:ListBucket", Condition={"StringLike": {"s3:prefix": "public/*"}})]
    ),
    "policy: lists": Setting(
        changed(nobody="---+----", getter="+--+----", foreign="---+----", anyone="---+----"),
        policy=[allow("*", "s3:ListBucket")],
    ),
    "policy: deny without encryption of the way": Setting(
        changed(
            root="--------",
            admin="--------",
            writer="--------",
            reader="--------",
            getter="--------",
            denied="--------",
        ),
        policy=[deny("*", "s3:*", Condition={"Bool": {"aws:SecureTransport": "false"}})],
    ),
    "list: the object is public": Setting(
        changed(nobody="+-------", foreign="+-------", foreign0="+-------", anyone="+-------"),
        object_acl={"x-amz-acl": "public-read"},
    ),
    "list: the bucket is public to read": Setting(
        changed(nobody="---++---", getter="+--++---", foreign="---++---", foreign0="---++---", anyone="---++---"),
        bucket_acl={"x-amz-acl": "public-read"},
    ),
    "list: the bucket is public to write": Setting(
        changed(
            reader="++++++--",
            nobody="-++++---",
            getter="+++++---",
            foreign="-++++---",
            foreign0="-++++---",
            anyone="-++++---",
            denied="++-+++++",
        ),
        bucket_acl={"x-amz-acl": "public-read-write"},
    ),
    "list: for those who prove who they are": Setting(
        changed(foreign="+-------"), object_acl={"x-amz-acl": "authenticated-read"}
    ),
    "list: a policy's deny beats a public object": Setting(
        changed(
            root="-+++++++",
            admin="-+++++++",
            writer="-+++++++",
            reader="---+++--",
            getter="--------",
            denied="-+-+++++",
        ),
        policy=[deny("*", "s3:GetObject")],
        object_acl={"x-amz-acl": "public-read"},
    ),
    "list: lists are off": Setting(changed(), object_acl={"x-amz-acl": "public-read"}, ownership="BucketOwnerEnforced"),
    "block: public lists are passed over": Setting(
        changed(),
        bucket_acl={"x-amz-acl": "public-read-write"},
        object_acl={"x-amz-acl": "public-read"},
        block=("IgnorePublicAcls",),
    ),
    "block: public policies open nothing to others": Setting(
        changed(nobody="+-------"),
        policy=[allow("*", "s3:GetObject")],
        block=("RestrictPublicBuckets",),
    ),
    "block: a policy for one account is not public": Setting(
        changed(foreign="+-------"),
        policy=[allow(ACCOUNT_OTHER, "s3:GetObject")],
        block=("RestrictPublicBuckets", "BlockPublicPolicy"),
    ),
    "block: does not touch a deny": Setting(
        changed(
            root="-+++++++",
            admin="-+++++++",
            writer="-+++++++",
            reader="---+++--",
            getter="--------",
            denied="-+-+++++",
        ),
        policy=[deny("*", "s3:GetObject")],
        block=("RestrictPublicBuckets", "IgnorePublicAcls", "BlockPublicPolicy", "BlockPublicAcls"),
    ),
}


def test_the_table_is_large_enough() -> None:
    decisions = [sign for setting in SETTINGS.values() for row in setting.decisions.values() for sign in row]
    assert len(decisions) >= 200
    assert set(decisions) == {"+", "-"}
    assert all(set(setting.decisions) == set(CALLERS) for setting in SETTINGS.values())
    assert all(len(row) == len(ORDER) for setting in SETTINGS.values() for row in setting.decisions.values())


@pytest.fixture(scope="module")
def people(start_store: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Target]]:
    """Everybody of `CALLERS`, as a target of one store; `anyone` signs nothing."""
    folder = tmp_path_factory.mktemp("users")
    file = folder / "users.ini"
    lines = []
    for name, (account, policy) in USERS.items():
        lines += [
            f"[{name}]",
            f"aws_access_key_id = AKIA{name.upper():X<16}",
            f"aws_secret_access_key = secret of {name}",
            f"account = {account}",
            f"policy = {_policy_file(folder, name, policy)}",
        ]
    file.write_text("\n".join(lines))
    file.chmod(0o600)
    with start_store(auth={"credentials_file": str(file)}) as store:
        found = {name: store.target.as_user(f"AKIA{name.upper():X<16}", f"secret of {name}") for name in USERS}
        yield {"root": store.target, "anyone": store.target, **found}


def _policy_file(folder: Path, name: str, policy: str | dict[str, str]) -> str:
    if isinstance(policy, str) and not policy.startswith("s3:"):
        return policy
    effects = {"Allow": policy} if isinstance(policy, str) else policy
    statements = [{"Effect": effect, "Action": action, "Resource": "*"} for effect, action in effects.items()]
    file = folder / f"{name}.json"
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    return str(file)


def arrange(root: Target, bucket: str, setting: Setting) -> None:
    """Make the bucket as the setting says; blocks come last, so that they do not refuse what they are to pass over."""
    done = [
        root.send(root.signed("PUT", f"/{bucket}", fields=setting.bucket_acl)),
        root.send(root.signed("PUT", f"/{bucket}/key", b"content", fields=setting.object_acl)),
    ]
    if setting.ownership:
        ownership = (
            "<OwnershipControls><Rule><ObjectOwnership>"
            f"{setting.ownership}</ObjectOwnership></Rule></OwnershipControls>"
        ).encode()
        done.append(root.send(root.signed("PUT", f"/{bucket}", ownership, query={"ownershipControls": ""})))
    if setting.policy:
        resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
        statements = [{"Resource": resources, **statement} for statement in setting.policy]
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements}).encode()
        done.append(root.send(root.signed("PUT", f"/{bucket}", policy, query={"policy": ""})))
    if setting.block:
        switches = "".join(f"<{name}>true</{name}>" for name in setting.block)
        block = f"<PublicAccessBlockConfiguration>{switches}</PublicAccessBlockConfiguration>".encode()
        done.append(root.send(root.signed("PUT", f"/{bucket}", block, query={"publicAccessBlock": ""})))
    assert {answer.status for answer in done} <= {200, 204}, [answer.body for answer in done]


def ask(people: dict[str, Target], caller: str, name: str, bucket: str) -> WireAnswer:
    method, path, body, query, fields = REQUESTS[name](bucket)
    target = people[caller]
    if caller == "anyone":
        return target.send(target.anonymous(method, path, body, query=query, fields=fields))
    return target.send(target.signed(method, path, body, query=query, fields=fields))


@pytest.mark.parametrize("name", SETTINGS)
def test_decisions(name: str, people: dict[str, Target]) -> None:
    setting = SETTINGS[name]
    decided = {}
    for index, caller in enumerate(CALLERS):
        bucket = f"table-{list(SETTINGS).index(name)}-{index}"
        arrange(people["root"], bucket, setting)
        signs = ""
        for request in ORDER:
            answer = ask(people, caller, request, bucket)
            assert answer.status in (200, 204, 403), (caller, request, answer.status, answer.body)
            signs += "-" if answer.status == 403 else "+"
        decided[caller] = signs
    assert decided == dict(setting.decisions)


def test_root_can_always_take_a_policy_back(people: dict[str, Target]) -> None:
    """A policy that denies everything locks root out from all but the policy itself, and the others from that too."""
    root, admin, bucket = people["root"], people["admin"], "locked-out"
    arrange(root, bucket, Setting({}, policy=[deny("*", "s3:*")]))
    for method in ("GET", "PUT", "DELETE"):
        refused = admin.send(admin.signed(method, f"/{bucket}", b"{}", query={"policy": ""}))
        assert (refused.status, refused.code) == (403, "AccessDenied")
    assert root.send(root.signed("GET", f"/{bucket}/key")).status == 403
    assert root.send(root.signed("GET", f"/{bucket}", query={"policy": ""})).status == 200
    assert root.send(root.signed("DELETE", f"/{bucket}", query={"policy": ""})).status == 204
    assert root.send(root.signed("GET", f"/{bucket}/key")).body == b"content"


# ---- what may not even be written


@pytest.mark.parametrize(
    ("block", "method", "path", "query", "fields", "is_policy"),
    [
        ("BlockPublicAcls", "PUT", "/{}", {"acl": ""}, {"x-amz-acl": "public-read"}, False),
        ("BlockPublicAcls", "PUT", "/{}", {"acl": ""}, {"x-amz-acl": "public-read-write"}, False),
        ("BlockPublicAcls", "PUT", "/{}", {"acl": ""}, {"x-amz-acl": "authenticated-read"}, False),
        ("BlockPublicAcls", "PUT", "/{}/key", {"acl": ""}, {"x-amz-acl": "public-read"}, False),
        ("BlockPublicAcls", "PUT", "/{}/new", {}, {"x-amz-acl": "public-read"}, False),
        (
            "BlockPublicAcls",
            "PUT",
            "/{}/new",
            {},
            {"x-amz-grant-read": 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'},
            False,
        ),
        ("BlockPublicAcls", "POST", "/{}/new", {"uploads": ""}, {"x-amz-acl": "public-read"}, False),
        ("BlockPublicAcls", "PUT", "/{}/new", {}, {"x-amz-acl": "public-read", "x-amz-copy-source": "/{}/key"}, False),
        ("BlockPublicPolicy", "PUT", "/{}", {"policy": ""}, {}, True),
    ],
)
def test_writes_that_are_blocked(
    block: str,
    method: str,
    path: str,
    query: dict[str, str],
    fields: dict[str, str],
    is_policy: bool,
    people: dict[str, Target],
) -> None:
    root = people["root"]
    bucket = f"blocked-{abs(hash((block, method, path, str(query), str(fields)))) % 10**9}"
    arrange(root, bucket, Setting({}, block=(block,)))
    statement = allow("*", "s3:GetObject", Resource=f"arn:aws:s3:::{bucket}/*")
    body = json.dumps({"Version": "2012-10-17", "Statement": [statement]}).encode() if is_policy else b""
    named = {name: value.replace("{}", bucket) for name, value in fields.items()}
    answer = root.send(root.signed(method, path.format(bucket), body, query=query, fields=named))
    assert (answer.status, answer.code) == (403, "AccessDenied"), answer.body
    for check in ("key", "new"):
        assert root.send(root.anonymous("GET", f"/{bucket}/{check}")).status == 403
    assert root.send(root.signed("HEAD", f"/{bucket}/new")).status == 404
