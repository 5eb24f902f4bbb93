"""Who is calling: resolved here and nowhere else.

Until authentication is configured the server listens on loopback only, and the caller says who it is in `Andon-Actor: name; role
role`. Configured, the caller is whoever a verified bearer token names, and the header is ignored.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import anyio.to_thread
import jwt
from fastapi import Request

from shared.runtime.actor import Actor
from shared.web.errors import InvalidQuery, Unauthenticated
from shared.web.issuer_keys import IssuerKeys

LOCAL = Actor("local", frozenset({"admin"}))
_ROLE = re.compile(r"^[a-z][a-z_]{0,49}$")
_LEEWAY_SECONDS = 30


class Authentication(Protocol):
    """How a request's caller is found out."""

    @property
    def is_configured(self) -> bool: ...

    @property
    def may_block(self) -> bool:
        """Whether `actor` may have to fetch something first."""
        ...

    def actor(self, request: Request) -> Actor:
        """Raises Unauthenticated, or InvalidQuery for a header that cannot be read."""
        ...


class HeaderAuthentication:
    """Believes the `Andon-Actor` header; for loopback only."""

    is_configured = False
    may_block = False

    def actor(self, request: Request) -> Actor:
        header = request.headers.get("andon-actor")
        return LOCAL if header is None else _from_header(header)


@dataclass(frozen=True)
class TokenAuthentication:
    """Verifies bearer tokens: signed with the local key, or issued by an OIDC issuer whose keys are fetched once needed."""

    audience: str
    signing_key: str | None = None
    issuer: str | None = None
    keys: IssuerKeys | None = None

    is_configured = True

    @property
    def may_block(self) -> bool:
        return self.keys is not None

    def actor(self, request: Request) -> Actor:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("send `Authorization: Bearer <token>`; `andon token` makes one for a local key")
        try:
            claims = self._claims(token.strip())
        except (jwt.PyJWTError, ValueError) as error:
            raise Unauthenticated(f"the bearer token is not valid: {error}") from error
        return _from_claims(claims)

    def _claims(self, token: str) -> dict[str, Any]:
        options: Any = {"require": ["sub", "exp", "aud"]}
        if self.keys is not None:
            key, algorithms = self.keys.key_of(token), ["RS256", "ES256"]
        else:
            key, algorithms = self.signing_key, ["HS256"]
        return jwt.decode(
            token,
            key,
            algorithms=algorithms,
            audience=self.audience,
            issuer=self.issuer,
            leeway=_LEEWAY_SECONDS,
            options=options,
        )


def authentication(*, signing_key: str | None, issuer: str | None, audience: str) -> Authentication:
    """The authentication that the settings ask for; a local key goes before an issuer."""
    if signing_key is not None:
        return TokenAuthentication(audience, signing_key=signing_key)
    if issuer is not None:
        return TokenAuthentication(audience, issuer=issuer, keys=IssuerKeys(issuer))
    return HeaderAuthentication()


async def current_actor(request: Request) -> Actor:
    """Dependency: who is calling. Answered on the spot, without a change of thread, where nothing may have to be fetched for it."""
    caller: Authentication = request.app.state.authentication
    if caller.may_block:
        return await anyio.to_thread.run_sync(caller.actor, request)
    return caller.actor(request)


def make_token(actor: Actor, *, key: str, audience: str, until: datetime) -> str:
    """A bearer token that `TokenAuthentication` with this key and audience accepts until a moment."""
    claims = {"sub": actor.name, "name": actor.name, "roles": sorted(actor.roles), "aud": audience, "exp": until}
    return jwt.encode(claims, key, algorithm="HS256")


class UnsafeBinding(Exception):
    """Listening there would let anybody on the network act under any name."""


def check_binding(host: str, caller: Authentication) -> None:
    """Raises UnsafeBinding for an address other than loopback while authentication is not configured."""
    if caller.is_configured or host == "localhost":
        return
    try:
        safe = ipaddress.ip_address(host).is_loopback
    except ValueError:
        safe = False
    if not safe:
        raise UnsafeBinding(
            f"ANDON_HOST is {host}, which others can reach, but authentication is not configured: "
            "set ANDON_AUTH_SIGNING_KEY or ANDON_AUTH_ISSUER, or listen on 127.0.0.1"
        )


def _from_claims(claims: Mapping[str, Any]) -> Actor:
    name, roles = str(claims.get("name") or claims["sub"]), claims.get("roles", [])
    if not _is_name(name):
        raise Unauthenticated(
            "the bearer token names nobody: `name` or `sub` must be printable, 200 characters at most"
        )
    held = roles if isinstance(roles, list) else []
    return Actor(name.strip(), frozenset(role for role in held if isinstance(role, str) and _ROLE.fullmatch(role)))


def _from_header(header: str) -> Actor:
    name, _, roles = _as_sent(header).partition(";")
    held = roles.split()
    if not _is_name(name) or not all(_ROLE.fullmatch(role) for role in held):
        raise InvalidQuery("Andon-Actor: write a name and roles, as in `Li Wei; quality_manager`")
    return Actor(name.strip(), frozenset(held))


def _as_sent(header: str) -> str:
    """Servers hand headers on as Latin-1; whoever writes a name in Chinese sends UTF-8."""
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header


def _is_name(text: str) -> bool:
    return bool(text.strip()) and len(text) <= 200 and text.isprintable()
