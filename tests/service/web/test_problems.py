"""Every error is a problem document, with the id of the error and of the request."""

import re

import pytest
import structlog

from shared.web.problems import PROBLEM_JSON
from tests.service.web.counter_service import CounterService, client

CASES = [
    # method, path, status, id
    ("GET", "/v1/errors/stuck", 409, "counter-stuck"),
    ("GET", "/v1/errors/jammed", 409, "counter-jammed"),  # the kind of its parent, under its own id
    ("GET", "/v1/errors/away", 503, "unavailable"),
    ("GET", "/v1/errors/bug", 500, "internal-error"),
    ("GET", "/v1/nothing", 404, "not-found"),
    ("DELETE", "/v1/coins", 405, "method-not-allowed"),
    ("GET", "/v1/numbers?limit=0", 422, "invalid-request"),
    ("GET", "/v1/numbers?cursor=%00", 400, "invalid-cursor"),
    ("GET", "/v1/numbers?cursor=W10", 400, "invalid-cursor"),
    ("GET", "/v1/subject?subject.=1", 400, "invalid-query"),
    ("GET", "/v1/subject?subject.line=A&subject.line=B", 400, "invalid-query"),
    ("GET", "/problems/none-such", 404, "not-found"),
]


@pytest.mark.parametrize(("method", "path", "status", "problem_id"), CASES)
def test_an_error_is_a_problem_document(method: str, path: str, status: int, problem_id: str) -> None:
    answer = client().request(method, path)
    document = answer.json()
    assert (answer.status_code, document["status"]) == (status, status)
    assert answer.headers["content-type"] == PROBLEM_JSON
    assert document["type"] == f"/problems/{problem_id}"
    assert document["instance"] == f"urn:request:{answer.headers['x-request-id']}"
    assert document["title"]
    assert document["detail"]


def test_fields_and_facts_are_shown_and_facts_cannot_replace_the_standard_members() -> None:
    document = client().get("/v1/errors/stuck").json()
    assert document["errors"] == [{"pointer": "/value", "detail": "push harder"}]
    assert document["allowed"] == ["kick"]
    assert document["status"] == 409


def test_every_wrong_field_is_named_with_its_pointer() -> None:
    answer = client().put("/v1/coins", json={"valeu": 1})
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json()["errors"]} == {"/value", "/valeu"}


@pytest.mark.parametrize("body", [b"\xff\xfe", b"{", b"[" * 100_000, b'{"value": 1e999}', b'{"\\ud800": 1}', b""])
def test_a_body_that_cannot_be_read_is_refused(body: bytes) -> None:
    answer = client().put("/v1/coins", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == PROBLEM_JSON


def test_what_waits_says_for_how_long_and_a_wrong_method_which_are_right() -> None:
    assert client().get("/v1/errors/away").headers["retry-after"] == "1"
    assert client().delete("/v1/coins").headers["allow"] == "PUT"


def test_an_unexpected_error_gives_nothing_away_and_is_logged_under_the_requests_id() -> None:
    with structlog.testing.capture_logs() as lines:
        answer = client().get("/v1/errors/bug")
    assert "division" not in answer.text
    assert [(line["event"], line["request_id"]) for line in lines] == [
        ("unexpected_error", answer.headers["x-request-id"])
    ]


def test_each_problem_has_a_page() -> None:
    http = client()
    pages = [http.get(f"/problems/{name}").json() for name in ("counter-stuck", "invalid-cursor", "internal-error")]
    assert [page["status"] for page in pages] == [409, 400, 500]
    assert pages[0]["meaning"] == "The counter does not move."


def test_readiness_names_the_reasons() -> None:
    service = CounterService(reasons=["counter: database: away"])
    http = client(service)
    assert http.get("/healthz").status_code == 200
    assert http.get("/readyz").status_code == 503
    assert http.get("/readyz").json()["reasons"] == ["counter: database: away"]
    service.reasons.clear()
    assert http.get("/readyz").json() == {"status": "ready", "reasons": []}


def test_requests_are_counted_by_route_never_by_path() -> None:
    http = client()
    for path in ("/v1/errors/stuck", "/v1/errors/bug", "/v1/errors/%00", "/v1/nobody/knows"):
        http.get(path)
    http.request("BREW", "/v1/who")
    counted = re.findall(r"^andon_http_request_seconds_count\{(.*)\} ", http.get("/metrics").text, re.MULTILINE)
    assert sorted(counted) == [
        'method="GET",route="/v1/errors/{name}",status="409"',
        'method="GET",route="/v1/errors/{name}",status="500"',
        'method="GET",route="none",status="404"',
        'method="other",route="/v1/who",status="405"',
    ]


def test_the_openapi_document_says_that_any_route_may_answer_with_a_problem() -> None:
    document = client().get("/openapi.json").json()
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert operations
    assert all(PROBLEM_JSON in operation["responses"]["default"]["content"] for operation in operations)
