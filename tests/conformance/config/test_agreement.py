"""`--check-config` and a start agree on good and bad files; the JSON Schema refuses what is refused for its shape."""

from __future__ import annotations

import io
import json
import os
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from config_samples import Dns, Lb, Stor, no_probe

from photoncloud.config import Resolved
from photoncloud.config.command_line import serve_arguments
from photoncloud.config.files import FILE_BYTES_MAX
from photoncloud.config.json_schema import json_schema
from photoncloud.config.tree import schema_of


@dataclass(frozen=True)
class Case:
    """One file: its bytes (or what makes it), the codes it is refused with, whether its shape alone is wrong."""

    name: str
    content: str | bytes | Callable[[Path], None]
    codes: tuple[str, ...] = ()
    shape: bool = False
    component: Any = Stor
    message: str = ""


def directory(path: Path) -> None:
    path.mkdir()


def fifo(path: Path) -> None:
    os.mkfifo(path)


def link_to_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def nothing(path: Path) -> None:
    return None


BALANCER = '[[standalone.loadbalancers]]\nname = "web"\nvip = "10.0.0.1"\nport = 80\n'
GOOD = (
    Case("empty", ""),
    Case("comment only", "# nothing\n"),
    Case("crlf", "[photon]\r\nmode = 'standalone'\r\n"),
    Case("no final newline", "[photon]\nmode = 'standalone'"),
    Case("mode in capitals with blanks", "[photon]\nmode = ' Standalone '\n"),
    Case("warn", "[photon.logging]\nlevel = 'warn'\n"),
    Case("second name", "[standalone.server]\nlog_level = 'debug'\n"),
    Case("second name of the other half", "[integrated.server]\nlog_level = 'debug'\n"),
    Case("equal second names", "standalone.server.log_level = 'debug'\nphoton.logging.level = 'debug'\n"),
    Case("duration as text", "[photon]\ngrace_timeout_sec = '1m30s'\n"),
    Case("size as text", "[standalone.metadata]\ncache_size_mb = '1GiB'\n"),
    Case("int for a float", "[photon.tracing]\nsample_ratio = 1\n"),
    Case("both halves", "[standalone.server]\nregion = 'a'\n[integrated.server]\nregion = 'b'\n"),
    Case("dotted keys", "photon.mode = 'standalone'\nstandalone.server.region = 'x'\n"),
    Case("inline table", "[photon.integrated]\nregistration = { metadata = { zone = 'a' } }\n"),
    Case("quoted keys", "[\"photon\"]\n'mode' = 'standalone'\n"),
    Case("version 1.0", "[photon]\nconfig_version = '1.0'\n"),
    Case("version 1.1", "[photon]\nconfig_version = '1.1'\n"),
    Case("unix socket", "[photon.ops]\naddr = 'unix:/run/ops.sock'\n"),
    Case("listener off", "[standalone.server]\ngrpc_addr = ''\n"),
    Case("one address for a list", "[standalone.server]\ndns_addr = '127.0.0.1:53'\n", component=Dns),
    Case("synonym", "[[standalone.zones.zone]]\nname = 'a'\ntype = 'slave'\n", component=Dns),
    Case("named entry", BALANCER, component=Lb),
    Case("no entries", "standalone.loadbalancers = []\n", component=Lb),
    Case("local engine by its general name", "[photon.standalone]\nstorage_backend = 'local'\n"),
    Case("capability of other components", "[photon.standalone]\nnetwork_backend = 'local'\n"),
    Case(
        "hybrid choice of other components",
        "[photon]\nmode = 'hybrid'\n[photon.hybrid]\nnetwork_backend = 'integrated'\n",
    ),
    Case("slash at the end of a URL", "[photon.integrated]\ntelemetry_endpoint = 'http://n:9090/'\n"),
)
BAD = (
    Case("byte order mark", b"\xef\xbb\xbf[photon]\n", ("syntax",), message="byte order mark"),
    Case("not utf-8", b"[photon]\nmode = '\xff'\n", ("syntax",), message=":2:9"),
    Case("duplicate key", "[photon]\nmode = 'standalone'\nmode = 'hybrid'\n", ("syntax",)),
    Case("broken toml", "[photon\n", ("syntax",)),
    Case("unfinished string", "[photon]\nmode = 'x\n", ("syntax",)),
    Case("nul byte", b"[photon]\nmode = 'a\x00'\n", ("syntax",)),
    Case("too deep", "photon.logging.levels.a = " + "[" * 70 + "]" * 70, ("syntax",), message="64 levels"),
    Case("very deep", "a = " + "[" * 3000 + "]" * 3000, ("syntax",)),
    Case("huge", b"#" * (FILE_BYTES_MAX + 1), ("unreadable",)),
    Case("directory", directory, ("unreadable",), message="a directory"),
    Case("fifo", fifo, ("unreadable",), message="a FIFO"),
    Case("link to a device", link_to_device, ("unreadable",), message="a device"),
    Case("missing", nothing, ("unreadable",)),
    Case("newer version", "[photon]\nconfig_version = '99.0'\n", ("newer-version",), message="99.0"),
    Case("no version", "[photon]\nconfig_version = 'one'\n", ("bad-value",), True),
    Case("version of a wrong type", "[photon]\nconfig_version = 1.0\n", ("wrong-type",), True),
    Case("unknown mode", "[photon]\nmode = 'integratd'\n", ("unknown-mode",), True, message='"integrated"'),
    Case("mode of a wrong type", "[photon]\nmode = 1\n", ("wrong-type",), True),
    Case("unknown table", "[standalone.sever]\nx = 1\n", ("unknown-key",), True, message='"server"'),
    Case("unknown key", "[standalone.server]\ns3_adr = ':1'\n", ("unknown-key",), True, message='"s3_addr"'),
    Case("unknown key in the other half", "[integrated.server]\ns3_adr = ':1'\n", ("unknown-key",), True),
    Case("unknown key in the hybrid table", "[photon.hybrid]\nauth_backnd = 'local'\n", ("unknown-key",), True),
    Case(
        "key in a wrong table", "[photon]\ncache_size_mb = 1\n", ("unknown-key",), True, message="[standalone.metadata]"
    ),
    Case("removed key", "[standalone.storage]\ndir = '/x'\n", ("unknown-key",), True, message="data_dir instead"),
    Case("unknown top table", "[fotons]\nx = 1\n", ("unknown-key",), True),
    Case("text for an int", "[standalone.server]\nmax_connections = 'many'\n", ("wrong-type",), True),
    Case("text for a bool", "[photon.metrics]\nenabled = 'yes'\n", ("wrong-type",), True),
    Case("int for a text", "[standalone.storage]\ndata_dir = 1\n", ("wrong-type",), True),
    Case("float for an int", "[standalone.server]\nmax_connections = 1.5\n", ("wrong-type",), True),
    Case("bool for an int", "[photon]\ngrace_timeout_sec = true\n", ("wrong-type",), True),
    Case("date for a text", "[standalone.storage]\ndata_dir = 2020-01-01\n", ("wrong-type",)),
    Case("list for a table", "[photon]\nlogging = []\n", ("wrong-type",), True),
    Case("table for a text", "[photon.mode]\nx = 1\n", ("wrong-type",), True),
    Case("text for a list", "[standalone.server]\ndomains = 'a'\n", ("wrong-type",), True),
    Case("wrong item in a list", "[standalone.server]\ndomains = ['a', 1]\n", ("wrong-type",), True),
    Case("wrong value in a map", "[standalone.website.hosts]\na = 1\n", ("wrong-type",), True),
    Case("too small", "[photon.integrated]\nfallback_timeout_sec = 0\n", ("out-of-range",), True),
    Case("too large", "[photon.integrated]\nfallback_timeout_sec = 3601\n", ("out-of-range",), True),
    Case("not a choice", "[standalone.storage]\ndurability = 'grup'\n", ("bad-value",), True, message='"group"'),
    Case("not a level", "[photon.logging]\nlevel = 'loud'\n", ("bad-value",), True),
    Case("not an address", "[photon.ops]\naddr = '9003'\n", ("bad-value",), True),
    Case("port too large", "[photon.ops]\naddr = ':65536'\n", ("bad-value",)),
    Case("bare IPv6", "[photon.ops]\naddr = '::1:80'\n", ("bad-value",), True),
    Case("not a URL", "[photon.integrated]\nauth_service_endpoint = 'photonauth'\n", ("bad-value",), True),
    Case("password in a URL", "[photon.integrated]\ntelemetry_endpoint = 'http://u:hidden@h'\n", ("bad-value",), True),
    Case("not a duration", "[photon]\ngrace_timeout_sec = '5 moons'\n", ("bad-value",), True),
    Case("duration that is not whole", "[photon]\ngrace_timeout_sec = '1500ms'\n", ("bad-value",)),
    Case("not a size", "[standalone.metadata]\ncache_size_mb = '1 shelf'\n", ("bad-value",), True),
    Case("bad component id", "[photon]\ncomponent_id = '-x'\n", ("bad-value",), True),
    Case("empty component id", "[photon]\ncomponent_id = ''\n", ("bad-value",), True),
    Case("printed secret fed back", "[standalone.auth]\nsecret_key = '***'\n", ("bad-value",), True),
    Case(
        "two names, two values", "standalone.server.log_level = 'debug'\nphoton.logging.level = 'info'\n", ("conflict",)
    ),
    Case("two entries of one name", BALANCER + BALANCER, ("conflict",), component=Lb),
    Case("entry without a name", "[[standalone.loadbalancers]]\nport = 80\n", ("missing-key",), True, Lb),
    Case(
        "entry without a required key",
        '[[standalone.loadbalancers]]\nname = "a"\nport = 1\n',
        ("missing-key",),
        False,
        Lb,
    ),
    Case("unknown key in an entry", BALANCER + "prot = 1\n", ("unknown-key",), True, Lb, '"port"'),
    Case("unknown engine", "[photon.standalone]\nmetadata_backend = 'rocksbd'\n", ("unsupported-backend",), True),
    Case("engine without its endpoint", "[photon.standalone]\nmetadata_backend = 'chainfire'\n", ("missing-endpoint",)),
    Case(
        "hybrid without an endpoint",
        "photon.mode = 'hybrid'\nphoton.hybrid.auth_backend = 'integrated'\n",
        ("missing-endpoint",),
    ),
    Case(
        "hybrid with an unknown adapter",
        "photon.mode = 'hybrid'\nphoton.hybrid.auth_backend = 'ldap'\n",
        ("unsupported-backend",),
    ),
    Case("integrated without chainfire", "photon.mode = 'integrated'\n", ("missing-endpoint",)),
    Case("lease too short", "photon.integrated.registration.lease_ttl_sec = 19\n", ("out-of-range",)),
    Case("half a certificate", "photon.tls.cert_file = '/c'\n", ("missing-key",)),
    Case("rule of the component", "standalone.features.replication = true\n", ("bad-value",)),
    Case(
        "several at once",
        "photon.mode = 'x'\nphoton.y = 1\nstandalone.z = 2\n",
        ("unknown-mode", "unknown-key", "unknown-key"),
        True,
    ),
)
CASES = GOOD + BAD


def make(case: Case, folder: Path) -> Path:
    path = folder / "config.toml"
    if callable(case.content):
        case.content(path)
    else:
        path.write_bytes(case.content if isinstance(case.content, bytes) else case.content.encode())
        path.chmod(0o600)
    return path


def run(case: Case, path: Path, *argv: str) -> tuple[Resolved | int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    component = case.component.declaration.component
    words = ["--config-only", "--config", str(path), *argv]
    return (
        serve_arguments(component, case.component, words, {}, out, err, probe=no_probe),
        out.getvalue(),
        err.getvalue(),
    )


def test_there_are_enough_files() -> None:
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_check_and_start_agree(case: Case, tmp_path: Path) -> None:
    path = make(case, tmp_path)
    started, _, start_errors = run(case, path)
    checked, checked_out, check_errors = run(case, path, "--check-config")
    status, listing, _ = run(case, path, "--check-config", "--format", "json")
    problems = json.loads(listing)
    assert tuple(problem["code"] for problem in problems) == case.codes
    if case.codes:
        assert (started, checked, status) == (78, 78, 78)
        assert start_errors == check_errors
        assert len(start_errors.splitlines()) == len(case.codes)
        assert case.message in start_errors
        assert "hidden" not in start_errors
        assert all(
            line.startswith(str(path)) or not p["origin"]["path"]
            for line, p in zip(start_errors.splitlines(), problems, strict=True)
        )
    else:
        assert isinstance(started, Resolved)
        assert (checked, checked_out, status) == (0, "ok\n", 0)
        assert all(line.startswith("warning: ") for line in check_errors.splitlines())


@pytest.mark.parametrize("case", [case for case in CASES if case.shape or not case.codes], ids=lambda case: case.name)
def test_the_json_schema_judges_shapes_as_the_loader_does(case: Case) -> None:
    assert isinstance(case.content, str)
    schema = json_schema(schema_of(case.component))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    tree = tomllib.loads(case.content)
    if case.shape:
        assert not validator.is_valid(tree)
    else:
        validator.validate(tree)
