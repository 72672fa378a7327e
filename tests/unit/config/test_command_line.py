from __future__ import annotations

import io
import json
import subprocess
import sys
import tomllib
from typing import Any

import pytest
from config_samples import MemoryFiles, Stor, no_probe

from photoncloud import __version__
from photoncloud.config import Resolved
from photoncloud.config.command_line import serve_arguments


def run(*argv: str, text: str = "", environ: dict[str, str] | None = None) -> tuple[Any, str, str]:
    out, err = io.StringIO(), io.StringIO()
    files = MemoryFiles({"/f": text})
    words = ["--config", "/f", *argv]
    status = serve_arguments("lightningstor", Stor, words, environ or {}, out, err, files=files, probe=no_probe)
    return status, out.getvalue(), err.getvalue()


def test_without_a_question_it_is_what_to_run_with() -> None:
    status, out, err = run("--s3-addr", ":7")
    assert isinstance(status, Resolved)
    assert status.settings.server.s3_addr == ":7"
    assert out == err == ""


def test_version_and_help() -> None:
    assert run("--version") == (0, f"lightningstor {__version__}\n", "")
    status, out, _ = run("--help")
    assert status == 0
    assert "--s3-addr ADDR" in out
    assert "examples:" in out


def test_version_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom photoncloud.config.command_line import serve_arguments\n"
        "status = serve_arguments('x', 'no.such.module:Settings', ['--version'], {}, sys.stdout, sys.stderr)\n"
        "heavy = {'pydantic', 'tomlkit', 'tomllib', 'asyncio', 'structlog', 'http.client'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else status)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"x {__version__}\n", "")


def test_settings_may_be_named() -> None:
    out, err = io.StringIO(), io.StringIO()
    named = "config_samples:Stor"
    assert serve_arguments("lightningstor", named, ["--check-config"], {}, out, err, files=MemoryFiles()) == 0
    assert out.getvalue() == "ok\n"


@pytest.mark.parametrize(
    "argv",
    [
        ("--confg",),
        ("extra",),
        ("--format", "json"),
        ("--check-config", "--format", "toml"),
        ("--print-config", "--format", "text"),
        ("--set", "x"),
    ],
)
def test_usage(argv: tuple[str, ...]) -> None:
    status, out, err = run(*argv)
    assert (status, out) == (64, "")
    assert err.startswith("lightningstor-server: ")
    assert "--help" in err


def test_refusals_are_one_line_each_or_json() -> None:
    status, out, err = run(text="photon.mode = 'integratd'\nphoton.x = 1\n")
    assert (status, out, len(err.splitlines())) == (78, "", 2)
    assert 'did you mean "integrated"?' in err
    for action in ("--check-config", "--print-config"):
        status, out, err = run(action, "--format", "json", text="photon.mode = 'integratd'\n")
        assert (status, err) == (78, "")
        (problem,) = json.loads(out)
        assert (problem["code"], problem["suggestion"], problem["origin"]["line"]) == ("unknown-mode", "integrated", 1)


def test_bytes_that_are_no_text_end_in_a_problem_too() -> None:
    for argv in (("--set", "\udcff=1"), ("--set", "standalone.server.region=\udcff"), ("--explain", "\udcff")):
        for form in ((), ("--check-config", "--format", "json")):
            status, out, err = run(*argv, *form)
            assert status == (0 if argv[0] == "--explain" and form else 78)
            (out + err).encode()


def test_check_tells_warnings_and_ok() -> None:
    assert run("--check-config") == (0, "ok\n", "")
    status, out, err = run("--check-config", environ={"EVENT_BUS": "http://e:1"})
    assert (status, out) == (0, "ok\n")
    assert err.startswith("warning: endpoint_scheme_normalised ")
    assert run("--check-config", "--format", "json") == (0, "[]\n", "")


def test_print_config() -> None:
    status, out, _ = run("--print-config")
    assert status == 0
    assert tomllib.loads(out)["standalone"]["server"]["s3_addr"] == "0.0.0.0:9001"
    status, out, _ = run("--print-config", "--format", "json")
    assert (status, json.loads(out)["component"]) == (0, "lightningstor")


def test_explain() -> None:
    status, out, _ = run("--explain", "photon.mode")
    assert (status, out.splitlines()[0]) == (0, 'photon.mode = "standalone"')
    status, out, _ = run("--explain", "photon.logging", "--format", "json")
    assert {leaf["key"] for leaf in json.loads(out)} >= {"photon.logging.level", "photon.logging.format"}
    status, out, err = run("--explain", "photon.mod")
    assert (status, out) == (78, "")
    assert "error[unknown-key]" in err


@pytest.mark.parametrize(("name", "beginning"), [("json", "{"), ("toml", "#"), ("markdown", "<!--")])
def test_print_schema_loads_nothing(name: str, beginning: str) -> None:
    status, out, _ = run("--print-schema", name, text="broken [")
    assert status == 0
    assert out.startswith(beginning)


PLANTED = [f"planted-{index}" for index in range(8)]


def test_planted_secrets_appear_nowhere() -> None:
    text = f"standalone.auth.secret_key = '{PLANTED[0]}'\nphoton.integrated.telemetry_endpoint = 'http://u:{PLANTED[1]}@h'\n"
    environ = {
        "LIGHTNINGSTOR__INTEGRATED__AUTH__SECRET_KEY": PLANTED[2],
        "RESOURCE_MANAGER": f"http://x:{PLANTED[3]}@cp:1",
        "CHAINFIRE_ENDPOINTS": f'["http://y:{PLANTED[4]}@cf", "http://h:{PLANTED[5]}"]',
    }
    shown = []
    for argv in ((), ("--check-config", "--format", "json"), ("--set", f"standalone.auth.secret_key={PLANTED[6]}")):
        status, out, err = run(*argv, text=text, environ=environ)
        assert status == 78
        shown += [out, err]
    good = f"standalone.auth.secret_key = '{PLANTED[0]}'\nphoton.mode = 'hybrid'\n"
    for argv in (("--print-config",), ("--print-config", "--format", "json"), ("--explain", "*"), ("--check-config",)):
        status, out, err = run(*argv, text=good, environ={"LIGHTNINGSTOR__INTEGRATED__AUTH__SECRET_KEY": PLANTED[2]})
        assert status == 0
        shown += [out, err]
    # A port that is no number is quoted without what stands before the last "@", and is no secret by itself.
    assert [p for p in PLANTED if p != PLANTED[5] and any(p in text for text in shown)] == []
