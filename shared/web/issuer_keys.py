"""The keys of an OIDC issuer: found through its discovery document, fetched when the first token comes, then kept."""

import threading
from typing import Any

import httpx
import jwt

from shared.web.errors import IssuerUnavailable

_DISCOVERY = "/.well-known/openid-configuration"
_TIMEOUT_SECONDS = 5.0


class IssuerKeys:
    """Public keys of one issuer. Safe to use from many threads."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._found: jwt.PyJWKClient | None = None
        self._finding = threading.Lock()

    def key_of(self, token: str) -> Any:
        """The key that a token says it was signed with. Blocks while keys are fetched, a few seconds at most.

        Raises:
            IssuerUnavailable: the issuer does not answer, or not as OIDC asks for.
            jwt.PyJWTError: the issuer has no such key.
        """
        with self._finding:
            if self._found is None:
                self._found = jwt.PyJWKClient(self._address(), cache_keys=True, timeout=_TIMEOUT_SECONDS)
        try:
            return self._found.get_signing_key_from_jwt(token).key
        except jwt.PyJWKClientConnectionError as error:
            raise IssuerUnavailable(f"the keys of {self._issuer} cannot be fetched now; try again") from error

    def _address(self) -> str:
        try:
            answer = httpx.get(self._issuer.rstrip("/") + _DISCOVERY, timeout=_TIMEOUT_SECONDS)
            return str(answer.raise_for_status().json()["jwks_uri"])
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
            raise IssuerUnavailable(f"{self._issuer} does not say where its keys are; try again") from error
