"""How we prove to a system who we are. Secrets come from variables, at the moment they are needed."""

import asyncio
import base64
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import httpx

from frontdesk.adapters.connectors.failing import CallError, not_sent
from frontdesk.adapters.connectors.http_reply import read_body
from frontdesk.adapters.connectors.http_request import FORM
from frontdesk.adapters.connectors.strict_json import parse_json
from frontdesk.domain.connector_source import Auth

USUAL_LIFE_S = 900.0
"""Of a token that doesn't say how long it holds (a guess; Salesforce's hold for 15 minutes at the least)."""
MARGIN_S = 30.0
MAX_TOKEN_BYTES = 100_000


class Credentials:
    """Of one system."""

    def __init__(
        self,
        auth: Auth,
        client: httpx.AsyncClient,
        *,
        secret: Callable[[str], str],
        monotonic: Callable[[], float],
    ) -> None:
        self._auth = auth
        self._client = client
        self._secret = secret
        self._monotonic = monotonic
        self._token = ""
        self._holds_until = 0.0
        self._refusals = 0
        self._asking = asyncio.Lock()

    def parameters(self) -> Mapping[str, str]:
        """What stands behind the address. Raises: CallError."""
        return {self._auth.name: self._known(self._auth.secret_env)} if self._auth.kind == "query" else {}

    async def headers(self, base_url: str) -> Mapping[str, str]:
        """Raises: CallError: a variable is not set, or there is no token."""
        match self._auth.kind:
            case "bearer":
                return {"authorization": f"Bearer {self._known(self._auth.secret_env)}"}
            case "header":
                return {self._auth.name: self._known(self._auth.secret_env)}
            case "basic":
                password = self._known(self._auth.secret_env) if self._auth.secret_env else ""
                pair = f"{self._known(self._auth.user_env)}:{password}"
                return {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
            case "client_credentials":
                return {"authorization": f"Bearer {await self._current_token(base_url)}"}
            case _:
                return {}

    def worked(self) -> None:
        """They were taken."""
        self._refusals = 0

    def renew(self) -> bool:
        """They were refused. Whether it is worth another try: a token may have ended before its time, once."""
        self._token = ""
        self._refusals += 1
        return self._auth.kind == "client_credentials" and self._refusals == 1

    async def _current_token(self, base_url: str) -> str:
        async with self._asking:  # one asks, and the others wait for the same token
            if not self._token or self._monotonic() >= self._holds_until:
                self._token, life_s = await self._ask_for_token(base_url)
                self._holds_until = self._monotonic() + max(life_s - MARGIN_S, MARGIN_S)
            return self._token

    async def _ask_for_token(self, base_url: str) -> tuple[str, float]:
        auth = self._auth
        url = auth.token_path if "://" in auth.token_path else base_url + auth.token_path
        form = {
            "grant_type": "client_credentials",
            "client_id": self._known(auth.user_env),
            "client_secret": self._known(auth.secret_env),
        }
        try:
            request = self._client.build_request(
                "POST",
                url,
                content=urlencode(form).encode(),
                headers={"content-type": FORM, "accept": "application/json", "accept-encoding": "identity"},
            )
            response = await self._client.send(request, stream=True, follow_redirects=False)
            try:
                body = await read_body(response, max_bytes=MAX_TOKEN_BYTES)
            finally:
                await response.aclose()
        except httpx.HTTPError as error:
            raise CallError(
                "unavailable", "its tokens can't be asked for", cause="connection", may_repeat=True, health="cut"
            ) from error
        return _token_in(response.status_code, body)

    def _known(self, variable: str) -> str:
        value = self._secret(variable)
        if not value:
            raise not_sent(f"the variable {variable} is not set", cause="not_set_up")
        if not value.isascii() or not value.isprintable():
            raise not_sent(f"the variable {variable} holds more than a key", cause="not_set_up")
        return value


def _token_in(status: int, body: bytes) -> tuple[str, float]:
    if status >= 500:
        why = f"status {status} where tokens are given out"
        raise CallError("unavailable", why, cause="status", may_repeat=True, health="5xx")
    if status != 200:
        why = f"status {status}: it gives us no token"
        raise CallError("unavailable", why, cause="key_refused", health="auth", status=str(status))
    given: Any = parse_json(body)
    token = given.get("access_token") if isinstance(given, dict) else None
    if not isinstance(token, str) or not token.isprintable() or not token:
        raise CallError("malformed", "`access_token` is missing", cause="field", field="access_token")
    life = given.get("expires_in")
    return token, float(life) if isinstance(life, int) and not isinstance(life, bool) and life > 0 else USUAL_LIFE_S
