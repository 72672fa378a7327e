from __future__ import annotations

from typing import Any

from config_samples import MemoryFiles

from photoncloud.config import Origin
from photoncloud.config.files import FileProblem
from photoncloud.config.search import DROP_INS_MAX, Sources, gather


def found(content: dict[str, Any], explicit: str = "", config_only: bool = False, **more: Any) -> Sources:
    origin = Origin("flag", "--config", path=explicit) if explicit else None
    return gather("flashdns", origin, config_only, MemoryFiles(content, **more))


def paths(sources: Sources) -> list[str]:
    return [content.path for content in sources.contents]


EVERYWHERE = [
    "/etc/photon/photon.toml",
    "/etc/flashdns/config.toml",
    "/etc/photon/flashdns/config.toml",
    "./flashdns-config.toml",
    "/etc/photon/conf.d/10.toml",
    "/etc/photon/conf.d/9.toml",
    "/etc/photon/flashdns/conf.d/a.toml",
    "./conf.d/x.toml",
    "/srv/conf.d/y.toml",
    "/srv/main.toml",
]


def test_order_lowest_first() -> None:
    assert paths(found(dict.fromkeys(reversed(EVERYWHERE), ""), "/srv/main.toml")) == EVERYWHERE


def test_config_only_reads_one_file() -> None:
    assert paths(found(dict.fromkeys(EVERYWHERE, ""), "/srv/main.toml", True)) == ["/srv/main.toml"]
    assert paths(found(dict.fromkeys(EVERYWHERE, ""), "", True)) == []


def test_local_drop_ins_need_the_local_file() -> None:
    assert paths(found({"./conf.d/x.toml": ""})) == []


def test_only_toml_and_no_dot_files() -> None:
    names = ("a.toml", ".b.toml", "c.txt", "d.toml~")
    assert paths(found({f"/etc/photon/conf.d/{name}": "" for name in names})) == ["/etc/photon/conf.d/a.toml"]


def test_a_file_reached_twice_is_read_at_its_first_place() -> None:
    links = {"/srv/main.toml": "/etc/photon/photon.toml"}
    content = {"/etc/photon/photon.toml": "", "/etc/flashdns/config.toml": "", "/srv/main.toml": ""}
    expected = ["/etc/photon/photon.toml", "/etc/flashdns/config.toml"]
    assert paths(found(content, "/srv/main.toml", links=links)) == expected


def test_a_relative_file_has_its_drop_ins_beside_it() -> None:
    assert paths(found({"main.toml": "", "./conf.d/x.toml": ""}, "main.toml")) == ["./conf.d/x.toml", "main.toml"]


def test_what_is_a_problem_and_what_is_not() -> None:
    broken = FileProblem("input/output error")
    hidden = FileProblem("permission denied", is_hidden=True)
    gone = FileProblem("no such file", is_missing=True)
    sources = found(
        {"/etc/photon/photon.toml": hidden, "/etc/photon/conf.d/x.toml": gone, "/etc/flashdns/config.toml": broken}
    )
    assert [problem.code for problem in sources.problems] == ["unreadable"]
    assert [note.event for note in sources.notes] == ["config_folder_unreadable"]
    for explicit in (gone, hidden, broken):
        assert [p.code for p in found({"/x": explicit}, "/x").problems] == ["unreadable"]
    assert "named by flag --config" in found({}, "/x").problems[0].message


def test_an_unreadable_folder_is_survived() -> None:
    sources = found({"/etc/photon/conf.d": FileProblem("permission denied"), "/srv/main.toml": ""}, "/srv/main.toml")
    assert paths(sources) == ["/srv/main.toml"]
    assert sources.notes[0].fields["path"] == "/etc/photon/conf.d"


def test_too_many_drop_ins() -> None:
    content = {f"/etc/photon/conf.d/{i}.toml": "" for i in range(DROP_INS_MAX + 1)}
    sources = found(content)
    assert [problem.code for problem in sources.problems] == ["unreadable"]
    content.popitem()
    assert len(found(content).contents) == DROP_INS_MAX


def test_root_refuses_files_that_others_may_write() -> None:
    content, permissions = {"./flashdns-config.toml": ""}, {"./flashdns-config.toml": 0o646}
    sources = found(content, root=True, permissions=permissions)
    assert ([p.code for p in sources.problems], paths(sources)) == (["unsafe-file"], [])
    assert found(content, root=False, permissions=permissions).problems == []
    assert found(content, root=True, permissions={"./flashdns-config.toml": 0o644}).problems == []
    elsewhere = {"/etc/photon/photon.toml": ""}
    assert found(elsewhere, root=True, permissions={"/etc/photon/photon.toml": 0o666}).problems == []
