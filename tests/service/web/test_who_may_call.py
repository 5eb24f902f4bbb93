"""The caller: a header on loopback, a verified token everywhere else."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest

from shared.runtime.actor import Actor
from shared.web.actor import (
    HeaderAuthentication,
    TokenAuthentication,
    UnsafeBinding,
    authentication,
    check_binding,
    make_token,
)
from shared.web.errors import IssuerUnavailable
from shared.web.issuer_keys import IssuerKeys
from tests.service.web.counter_service import client

KEY = "k" * 32
LATER = datetime(2200, 1, 1, tzinfo=UTC)
EARLIER = datetime(2020, 1, 1, tzinfo=UTC)
LI_WEI = Actor("Li Wei", frozenset({"quality_manager", "statistician"}))

HEADERS = [
    (None, "local", ["admin"]),
    ("Li Wei; quality_manager statistician", "Li Wei", ["quality_manager", "statistician"]),
    ("李伟; director".encode(), "李伟", ["director"]),
    ("Zoë".encode("latin-1"), "Zoë", []),
]


@pytest.mark.parametrize(("header", "name", "roles"), HEADERS)
def test_without_authentication_the_header_says_who(header: str | bytes | None, name: str, roles: list[str]) -> None:
    headers = {} if header is None else {"Andon-Actor": header}
    assert client().get("/v1/who", headers=headers).json() == {"name": name, "roles": roles}


@pytest.mark.parametrize("header", ["", ";admin", "x" * 201, "a; Admin", "a; admin,director", b"a\x01"])
def test_a_header_that_names_nobody_is_refused(header: str | bytes) -> None:
    answer = client().get("/v1/who", headers={"Andon-Actor": header})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-query")


def test_a_token_says_who_and_the_header_is_ignored() -> None:
    token = make_token(LI_WEI, key=KEY, audience="andon", until=LATER)
    headers = {"Authorization": f"Bearer {token}", "Andon-Actor": "root; admin"}
    answer = client(caller=TokenAuthentication("andon", signing_key=KEY)).get("/v1/who", headers=headers)
    assert answer.json() == {"name": "Li Wei", "roles": ["quality_manager", "statistician"]}


def claims(**changes: object) -> dict[str, object]:
    return {"sub": "x", "aud": "andon", "exp": LATER} | changes


REFUSED = {
    "none at all": "",
    "another scheme": "Basic eDp5",
    "no token": "Bearer ",
    "no JWT": "Bearer a.b.c",
    "another key": "Bearer " + jwt.encode(claims(), "j" * 32),
    "another audience": "Bearer " + jwt.encode(claims(aud="other"), KEY),
    "expired": "Bearer " + jwt.encode(claims(exp=EARLIER), KEY),
    "for ever": "Bearer " + jwt.encode({"sub": "x", "aud": "andon"}, KEY),
    "nobody": "Bearer " + jwt.encode(claims(sub=""), KEY),
    "a name that no database keeps": "Bearer " + jwt.encode(claims(sub="a\x00b"), KEY),
    "unsigned": "Bearer " + jwt.encode(claims(), "", algorithm="none"),
    "not ASCII": "Bearer é".encode("latin-1"),
}


@pytest.mark.parametrize("header", REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("path", ["/v1/who", "/v1/errors/stuck", "/v1/numbers"])
def test_every_route_asks_for_a_valid_token(path: str, header: str | bytes) -> None:
    answer = client(caller=TokenAuthentication("andon", signing_key=KEY)).get(path, headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["type"] == "/problems/unauthenticated"


def test_health_asks_for_no_token() -> None:
    assert client(caller=TokenAuthentication("andon", signing_key=KEY)).get("/healthz").status_code == 200


def test_roles_that_are_no_words_are_left_out() -> None:
    token = jwt.encode(claims(roles=["admin", 7, "Not A Role", None]), KEY)
    http = client(caller=TokenAuthentication("andon", signing_key=KEY))
    assert http.get("/v1/who", headers={"Authorization": f"Bearer {token}"}).json()["roles"] == ["admin"]


@pytest.mark.network
def test_a_token_of_an_issuer_that_is_away_is_neither_valid_nor_invalid() -> None:
    away = IssuerKeys("http://127.0.0.1:1")
    with pytest.raises(IssuerUnavailable):
        away.key_of(make_token(LI_WEI, key=KEY, audience="andon", until=LATER))


BINDINGS = [
    ("127.0.0.1", True),
    ("::1", True),
    ("localhost", True),
    ("0.0.0.0", False),
    ("::", False),
    ("10.0.0.7", False),
    ("andon", False),
]


@pytest.mark.parametrize(("host", "allowed"), BINDINGS)
def test_only_loopback_is_open_to_everybody(host: str, allowed: bool) -> None:
    check_binding(host, TokenAuthentication("andon", signing_key=KEY))
    if allowed:
        check_binding(host, HeaderAuthentication())
    else:
        with pytest.raises(UnsafeBinding, match="ANDON_AUTH_SIGNING_KEY"):
            check_binding(host, HeaderAuthentication())


def test_the_settings_choose_the_authentication() -> None:
    assert not authentication(signing_key=None, issuer=None, audience="andon").is_configured
    assert authentication(signing_key=KEY, issuer=None, audience="andon").is_configured
    assert authentication(signing_key=None, issuer="https://issuer.example", audience="andon").is_configured


def test_a_token_ends() -> None:
    ended = make_token(LI_WEI, key=KEY, audience="andon", until=EARLIER + timedelta(hours=1))
    http = client(caller=TokenAuthentication("andon", signing_key=KEY))
    assert http.get("/v1/who", headers={"Authorization": f"Bearer {ended}"}).status_code == 401
