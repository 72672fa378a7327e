"""Listings over the wire with boto3's paginators: every page size shows the same."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

FOLDERS, EACH = 7, 31


@pytest.fixture(scope="module")
def tree(s3: Any) -> str:
    """A bucket of FOLDERS × EACH keys and some beside them, once versioned, some deleted."""
    name = "listing-tree"
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    keys = [f"d{folder}/{number:03}" for folder in range(FOLDERS) for number in range(EACH)]
    keys += ["d", "d0", "e/", "a b", "ü"]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda key: s3.put_object(Bucket=name, Key=key, Body=b"x"), keys))
    for number in range(EACH):
        s3.delete_object(Bucket=name, Key=f"d6/{number:03}")
        s3.put_object(Bucket=name, Key=f"d5/{number:03}", Body=b"second")
    return name


SIZES = (1, 2, 7, 30, 31, 32, 100, 1000)


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
@pytest.mark.parametrize("options", [{}, {"Delimiter": "/"}, {"Prefix": "d3/"}, {"Prefix": "d", "Delimiter": "/"}])
def test_objects(s3: Any, tree: str, operation: str, options: dict[str, str]) -> None:
    shown = {
        size: [
            (item.get("Key") or item.get("Prefix"))
            for page in s3.get_paginator(operation).paginate(
                Bucket=tree, PaginationConfig={"PageSize": size}, **options
            )
            for kind in ("Contents", "CommonPrefixes")
            for item in page.get(kind, ())
        ]
        for size in (SIZES if not options else SIZES[1:])
    }
    for size, keys in shown.items():
        assert sorted(keys) == sorted(shown[1000]), size
        assert len(set(keys)) == len(keys), size
    assert not any(key.startswith("d6/") for key in shown[1000])


@pytest.mark.parametrize("options", [{}, {"Delimiter": "/"}, {"Prefix": "d5/"}])
def test_versions(s3: Any, tree: str, options: dict[str, str]) -> None:
    def pages(size: int) -> list[tuple[str, str]]:
        found = []
        for page in s3.get_paginator("list_object_versions").paginate(
            Bucket=tree, PaginationConfig={"PageSize": size}, **options
        ):
            found += [
                (item["Key"], item["VersionId"])
                for kind in ("Versions", "DeleteMarkers")
                for item in page.get(kind, ())
            ]
            found += [(item["Prefix"], "") for item in page.get("CommonPrefixes", ())]
        return found

    whole = sorted(pages(1000))
    assert len(set(whole)) == len(whole)
    for size in SIZES[1:-1]:
        assert sorted(pages(size)) == whole


def test_deleting_while_paging_misses_none(s3: Any, new_bucket: str) -> None:
    s3.put_bucket_versioning(Bucket=new_bucket, VersioningConfiguration={"Status": "Enabled"})
    for key in ("a", "b", "c"):
        for body in (b"1", b"2", b"3"):
            s3.put_object(Bucket=new_bucket, Key=key, Body=body)
        s3.delete_object(Bucket=new_bucket, Key=key)
    query: dict[str, str] = {}
    while True:
        page = s3.list_object_versions(Bucket=new_bucket, MaxKeys=2, **query)
        for item in [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]:
            s3.delete_object(Bucket=new_bucket, Key=item["Key"], VersionId=item["VersionId"])
        if not page["IsTruncated"]:
            break
        query = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
    s3.delete_bucket(Bucket=new_bucket)
