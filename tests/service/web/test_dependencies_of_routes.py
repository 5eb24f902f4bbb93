"""What routes take from shared.web: pages, versions, subjects, raw bodies."""

import base64
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.web.errors import InvalidCursor
from shared.web.pagination import decode_cursor, encode_cursor
from tests.service.web.counter_service import NUMBERS, client


@pytest.mark.parametrize("limit", [1, 3, 7, 100])
def test_pages_together_are_the_list(limit: int) -> None:
    http, seen, asked = client(), [], {"limit": str(limit)}
    while True:
        page = http.get("/v1/numbers", params=asked).json()
        assert len(page["items"]) <= limit
        seen += page["items"]
        if page["next"] is None:
            break
        asked["cursor"] = page["next"]
    assert seen == NUMBERS


@given(st.lists(st.text(st.characters(exclude_characters="\x00")) | st.integers() | st.none(), min_size=1, max_size=4))
def test_a_cursor_gives_its_key_back(key: list[Any]) -> None:
    assert decode_cursor(encode_cursor(key)) == tuple(key)


@given(st.text(max_size=200) | st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_any_text_is_a_cursor_or_refused(cursor: str) -> None:
    with suppress(InvalidCursor):
        assert len(decode_cursor(cursor)) > 0


VERSIONS = [("3", 3), ('"3"', 3), ('W/"3"', 3), ("*", None), ("", 400), ("three", 400), ("9" * 40, 400), ("-1", 400)]


@pytest.mark.parametrize(("header", "wanted"), VERSIONS)
def test_the_version_is_read_however_it_is_quoted(header: str, wanted: int | None) -> None:
    answer = client().put("/v1/coins", json={"value": 1}, headers={"If-Match": header})
    assert wanted == (400 if answer.status_code == 400 else answer.json()["version"])


def test_subject_parameters_are_collected_and_others_ignored() -> None:
    answer = client().get("/v1/subject?subject.line=A&subject.shift=%E6%97%A9&line=B")
    assert answer.json() == {"line": "A", "shift": "早"}


def test_a_body_read_whole_has_a_limit() -> None:
    http = client()
    assert http.post("/v1/bytes?whole", content=b"x" * 1000).json() == {"sizes": [1000]}
    refused = http.post("/v1/bytes?whole", content=b"x" * 1001)
    assert (refused.status_code, refused.json()["type"]) == (413, "/problems/body-too-large")


def test_a_cursor_of_something_else_is_refused() -> None:
    foreign = base64.urlsafe_b64encode(json.dumps({"after": 1}).encode()).decode()
    assert client().get("/v1/numbers", params={"cursor": foreign}).status_code == 400
