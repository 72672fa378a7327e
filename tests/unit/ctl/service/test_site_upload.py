"""Files of a folder and their types; publishing itself is tested against a real store."""

from __future__ import annotations

from pathlib import Path

import pytest

from photoncloud.ctl.errors import ServiceUnreachable, UsageWrong
from photoncloud.ctl.service.site_upload import SiteUpload, content_type, files_of
from photoncloud.ctl.service.storage import StorageTarget


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("a/style.css", "text/css; charset=utf-8"),
        ("logo.svg", "image/svg+xml; charset=utf-8"),
        ("photo.JPG", "image/jpeg"),
        ("data.json", "application/json; charset=utf-8"),
        ("archive.tar.gz", "application/octet-stream"),
        ("README", "application/octet-stream"),
    ],
)
def test_types(key: str, expected: str) -> None:
    assert content_type(key) == expected


def test_keys_are_paths_below_the_folder(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    for name in ("index.html", "a/b/c d.css", ".well-known"):
        (tmp_path / name).write_text("x")
    assert list(files_of(tmp_path)) == [".well-known", "a/b/c d.css", "index.html"]


def test_what_cannot_be_published(tmp_path: Path) -> None:
    with pytest.raises(UsageWrong, match="is no folder"):
        files_of(tmp_path / "absent")
    with pytest.raises(UsageWrong, match="is empty"):
        files_of(tmp_path)
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate((5 << 30) + 1)
    with pytest.raises(UsageWrong, match="is larger than"):
        files_of(tmp_path)


@pytest.mark.parametrize(("address", "error"), [("127.0.0.1:1", ServiceUnreachable), ("ftp://x", UsageWrong)])
def test_a_store_that_cannot_be_reached(tmp_path: Path, address: str, error: type[Exception]) -> None:
    (tmp_path / "index.html").write_text("x")
    upload = SiteUpload(StorageTarget("", address, "", "k", "s"), "bucket", lambda text: None)
    with pytest.raises(error):
        upload.publish(files_of(tmp_path), index="index.html", error="", deletes=False, dry_run=False)
