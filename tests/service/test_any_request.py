"""No body, header or path makes a 500: every route of the OpenAPI document, with generated and with hostile requests."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.platform import OneThread, one_thread

EXAMPLES = 15
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def andon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneThread]:
    with one_thread(tmp_path_factory.mktemp("any-request")) as running:
        running.define()
        yield running


def test_generated_requests_are_answered_as_documented(andon: OneThread) -> None:
    """Every operation, with requests that Schemathesis makes of its description: no 500, and answers as described."""
    document = schemathesis.openapi.from_asgi("/openapi.json", andon.http.app)
    operations = [found.ok() for found in document.get_all_operations()]  # type: ignore[union-attr]
    assert len(operations) > 40
    for operation in operations:
        _call_with_generated_requests(operation)


def _call_with_generated_requests(operation: Any) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy())
    def call(case: Any) -> None:
        case.call_and_validate(checks=CHECKS)

    call()


HOSTILE_PATHS = [
    "/v1/indicators/%00/values",
    "/v1/indicators/" + "a" * 5000,
    "/v1/indicators/first-pass-yield/values?subject.line=%00",
    "/v1/indicators/first-pass-yield/values?from=99999999-01-01",
    "/v1/indicators/first-pass-yield/values?from=0001-01-01T00:00:00%2B23:59",
    "/v1/indicators/first-pass-yield/values?limit=-1",
    "/v1/indicators/first-pass-yield/values?limit=999999999999999999999999",
    "/v1/indicators/first-pass-yield/values?cursor=AAAA",
    "/v1/indicators/first-pass-yield/values?cursor=W10",
    "/v1/indicators/first-pass-yield/chart?subject.line=%00",
    "/v1/indicators/first-pass-yield/chart?subject.line=A&from=0001-01-01T00:00:00%2B23:59",
    "/v1/anomalies?state=%ED%A0%80",
    "/v1/anomalies?cursor=bnVsbA",
    "/v1/issues?cursor=eyJhIjoxfQ",
    "/v1/issues?owner=%00",
    "/v1/issues/%2e%2e%2f",
    "/v1/quarantine?from=yesterday",
    "/v1/quarantine/%F0%9F%92%A9",
    "/v1/goal-sets/2013/../attainment",
    "/v1/goal-sets/9999-Q9/attainment",
]


@pytest.mark.parametrize("path", HOSTILE_PATHS)
def test_a_hostile_path_is_refused_or_answered(andon: OneThread, path: str) -> None:
    answer = andon.http.get(path)
    assert answer.status_code < 500, answer.text


HOSTILE_BODIES = [
    b"",
    b"\x00",
    b"\xff\xfe",
    b"null",
    b"[]",
    b"[[]]",
    b"{",
    b'{"specversion":',
    b'"' + b"a" * 100_000 + b'"',
    b"[" * 10_000,
    b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    b'{"id":1,"source":2,"type":3,"specversion":"1.0"}',
    b'{"specversion":"1.0","id":"\\ud800","source":"mes-7","type":"inspection.completed","data":{}}',
    b'{"specversion":"1.0","id":"x\\u0000","source":"mes-7","type":"inspection.completed","data":{"line":"\\u0000"}}',
    b'{"specversion":"1.0","id":"n","source":"mes-7","type":"inspection.completed","data":{"total":1e999,"passed":NaN}}',
    b'{"specversion":"1.0","id":"n","source":"mes-7","type":"inspection.completed","time":"2026-02-30T25:61:61Z"}',
    b"1" * 5_000,
]
CONTENT_TYPES = [
    "application/cloudevents+json",
    "application/cloudevents-batch+json",
    "application/x-ndjson",
    "application/json",
    "text/plain",
    "application/json; charset=\xff",
    "",
]


@pytest.mark.parametrize("content_type", CONTENT_TYPES)
@pytest.mark.parametrize("body", HOSTILE_BODIES, ids=range(len(HOSTILE_BODIES)))
def test_a_hostile_body_is_refused_or_quarantined(andon: OneThread, content_type: str, body: bytes) -> None:
    headers = {"content-type": content_type.encode("latin-1")}
    answer = andon.http.post("/v1/metric-events", content=body, headers=headers)
    assert answer.status_code < 500, answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Andon-Actor": "\xff\xfe; ;;; "},
        {"Andon-Actor": ";" * 5000},
        {"If-Match": "not a version"},
        {"If-Match": "9" * 400},
        {"Content-Length": "-1"},
        {"ce-id": "\x01", "ce-source": "mes-7", "ce-specversion": "1.0", "ce-type": "inspection.completed"},
    ],
    ids=["actor bytes", "actor length", "if-match words", "if-match digits", "content length", "binary mode"],
)
@pytest.mark.parametrize(
    "path", ["/v1/metric-events", "/v1/issues", "/v1/issues/none/accept", "/v1/goal-sets/2013/submit"]
)
def test_a_hostile_header_is_refused_or_ignored(andon: OneThread, path: str, headers: dict[str, str]) -> None:
    encoded = {name: value.encode("latin-1") for name, value in headers.items()}
    answer = andon.http.post(path, content=b"{}", headers={"content-type": b"application/json", **encoded})
    assert answer.status_code < 500, answer.text
