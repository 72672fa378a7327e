"""Which store a command goes to, and with which keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from photoncloud.ctl.errors import CommandFailed, UsageWrong
from photoncloud.ctl.service.storage import Given, find_target, reachable, read_keys


def keys(file: Path, name: str = "default", key_id: str = "ID", secret: str = "SECRET") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"[{name}]\naws_access_key_id = {key_id}\naws_secret_access_key = {secret}\n")
    return file


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path / "home"), "PHOTONCTL_DATA_DIR": str(tmp_path / "installation")}


def install(environ: dict[str, str], server: str = "") -> None:
    folder = Path(environ["PHOTONCTL_DATA_DIR"])
    keys(folder / "secrets" / "aws-credentials", key_id="LOCAL")
    (folder / "config").mkdir()
    (folder / "config" / "lightningstor.toml").write_text(f"[standalone.server]\n{server}")


def test_flags_win(environ: dict[str, str], tmp_path: Path) -> None:
    install(environ)
    given = Given("h:1", "http://h:2", "h:3", keys(tmp_path / "k", "other", "FLAG"), "other", "ca")
    target = find_target(given, environ)
    assert (target.grpc, target.s3_url, target.website, target.ca_file) == ("h:1", "http://h:2", "h:3", "ca")
    assert target.access_key == "FLAG"


def test_the_local_installation_has_keys_of_its_own(environ: dict[str, str]) -> None:
    install(environ, 'grpc_addr = "0.0.0.0:19000"\ns3_addr = "127.0.0.1:19001"\ntls_cert_file = "cert"\n')
    target = find_target(Given(), {**environ, "AWS_ACCESS_KEY_ID": "CLOUD", "AWS_SECRET_ACCESS_KEY": "x"})
    assert (target.grpc, target.s3_url, target.website) == (
        "127.0.0.1:19000",
        "http://127.0.0.1:19001",
        "127.0.0.1:9002",
    )
    assert target.access_key == "LOCAL"
    assert target.ca_file.endswith("secrets/ca.pem")


def test_a_named_store_never_gets_the_keys_of_the_local_one(environ: dict[str, str]) -> None:
    install(environ)
    with pytest.raises(CommandFailed, match="no access key") as refused:
        find_target(Given(endpoint="elsewhere:9000"), environ)
    assert refused.value.exit_status == 77
    variables = {**environ, "AWS_ACCESS_KEY_ID": "CLOUD", "AWS_SECRET_ACCESS_KEY": "x"}
    assert find_target(Given(endpoint="elsewhere:9000"), variables).access_key == "CLOUD"


def test_files_of_aws_tools(environ: dict[str, str], tmp_path: Path) -> None:
    keys(tmp_path / "home" / ".aws" / "credentials", key_id="HOME")
    assert find_target(Given(), environ).access_key == "HOME"
    shared = keys(tmp_path / "shared", "work", "SHARED")
    variables = {**environ, "AWS_SHARED_CREDENTIALS_FILE": str(shared), "AWS_PROFILE": "work"}
    assert find_target(Given(), variables).access_key == "SHARED"


def test_defaults(environ: dict[str, str]) -> None:
    target = find_target(Given(), {**environ, "AWS_ACCESS_KEY_ID": "K", "AWS_SECRET_ACCESS_KEY": "hidden"})
    assert "hidden" not in repr(target)
    assert (target.grpc, target.s3_url) == ("127.0.0.1:9000", "http://127.0.0.1:9001")


def test_damaged_remains_of_an_installation_are_no_installation(environ: dict[str, str]) -> None:
    install(environ)
    (Path(environ["PHOTONCTL_DATA_DIR"]) / "config" / "lightningstor.toml").write_text("= broken")
    with pytest.raises(CommandFailed, match="no access key"):
        find_target(Given(), environ)


def test_credentials_files_that_do_not_help(tmp_path: Path) -> None:
    (tmp_path / "broken").write_text("no section")
    (tmp_path / "half").write_text("[default]\naws_access_key_id = x\n")
    for name, message in (
        ("absent", "No such file"),
        ("broken", "is no credentials file"),
        ("half", "profiles default"),
    ):
        with pytest.raises(UsageWrong, match=message):
            read_keys(tmp_path / name, "default")


@pytest.mark.parametrize(
    ("address", "expected"),
    [("0.0.0.0:1", "127.0.0.1:1"), ("[::]:1", "127.0.0.1:1"), (":1", "127.0.0.1:1"), ("10.0.0.1:1", "10.0.0.1:1")],
)
def test_listening_everywhere_is_answering_here(address: str, expected: str) -> None:
    assert reachable(address) == expected
