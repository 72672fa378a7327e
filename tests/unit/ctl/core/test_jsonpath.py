"""Kubernetes' JSONPath dialect, case by case."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photoncloud.ctl.core.jsonpath import JsonPathWrong, evaluate, find

DOCUMENT: dict[str, Any] = {
    "kind": "List",
    "items": [
        {"kind": "None", "metadata": {"name": "127.0.0.1", "labels": {"kubernetes.io/host": "a"}}, "n": 3},
        {"kind": "None", "metadata": {"name": "127.0.0.2"}, "n": 8},
    ],
    "users": [{"name": "myself", "user": {}}, {"name": "e2e", "user": {"username": "admin", "password": "secret"}}],
    "flag": True,
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("text", "text"),
        ("kind is {.kind}", "kind is List"),
        ("{.kind}", "List"),
        ("{$.kind}", "List"),
        ("{['kind']}", "List"),
        ("{.users[0].name}", "myself"),
        ("{.users[-1].name}", "e2e"),
        ("{.users[9].name}", ""),
        ("{.items[*].metadata.name}", "127.0.0.1 127.0.0.2"),
        ("{.items[*]['metadata.name', 'n']}", "3 8"),
        ("{.items[0:1].n}", "3"),
        ("{.items[::2].n}", "3"),
        ("{.items[0,1].n}", "3 8"),
        ("{..name}", "127.0.0.1 127.0.0.2 myself e2e"),
        ("{.items[0].metadata.labels.kubernetes\\.io/host}", "a"),
        ("{.items[0].metadata.labels['kubernetes.io/host']}", "a"),
        ('{.users[?(@.name=="e2e")].user.password}', "secret"),
        ("{.users[?(@.name=='e2e')].user.username}", "admin"),
        ("{.items[?(@.n>5)].n}", "8"),
        ("{.items[?(@.n<=3)].n}", "3"),
        ("{.items[?(@.n!=3)].n}", "8"),
        ("{.users[?(@.user.username)].name}", "e2e"),
        ('{range .items[*]}[{.metadata.name}, {.n}]{"\\n"}{end}', "[127.0.0.1, 3]\n[127.0.0.2, 8]\n"),
        ('{range .items[*]}{.kind}{"\\t"}{end}', "None\tNone\t"),
        ("{.flag}", "true"),
        ("{.users[0]}", '{"name": "myself", "user": {}}'),
        ("{.nothing.at.all}", ""),
        ("{@}", None),
    ],
)
def test_templates(template: str, text: str | None) -> None:
    found = evaluate(template, DOCUMENT)
    assert found == text if text is not None else found.startswith('{"kind": "List"')


WRONG = [
    *("{.a", "{range .items[*]}x", "{end}", "{.items[}", "{.items[a b]}"),
    *("{.items[]}", "{.a b}", "{'x}", "{.items[::0]}", "x" * 10_001),
]


@pytest.mark.parametrize("template", WRONG)
def test_wrong_templates_are_refused(template: str) -> None:
    with pytest.raises(JsonPathWrong):
        evaluate(template, DOCUMENT)


def test_find_takes_paths_with_and_without_braces() -> None:
    assert find(".items[*].n", DOCUMENT) == find("{.items[*].n}", DOCUMENT) == [3, 8]


@given(st.text(alphabet="{}[].@$*?()\"'a0:,=<> \\", max_size=40))
def test_no_other_error_ever(template: str) -> None:
    try:
        evaluate(template, DOCUMENT)
    except JsonPathWrong:
        pass
