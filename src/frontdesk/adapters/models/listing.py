"""Which models a vendor has, asked without spending anything."""

import httpx

from frontdesk.adapters.models import anthropic_chat, openai_chat
from frontdesk.adapters.models.wire import MAX_ERROR_BYTES, failure, garbage, parse_object, translated
from frontdesk.domain.release import ModelRoute

MAX_LIST_BYTES = 4 << 20
"""Routers of many vendors list some hundred models in a megabyte."""


async def list_models(
    client: httpx.AsyncClient, route: ModelRoute, *, api_key: str, timeout_s: float
) -> tuple[str, ...]:
    """The names that the route's server lists; a server without such a list raises RejectedError with status 404.

    Raises:
        DependencyError: it cannot be reached, refuses the key, or says something else.
    """
    url, headers = _place(route, api_key)
    with translated():
        async with client.stream("GET", url, headers=headers, timeout=timeout_s) as response:
            body = await _read(response, MAX_LIST_BYTES if response.is_success else MAX_ERROR_BYTES)
    if not response.is_success:
        raise failure(response.status_code, body)
    try:
        return tuple(str(item["id"]) for item in parse_object(body)["data"])
    except (KeyError, TypeError) as error:
        raise garbage("no list of models") from error


async def _read(response: httpx.Response, most: int) -> bytes:
    body = b""
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > most:
            break
    return body


def _place(route: ModelRoute, api_key: str) -> tuple[str, dict[str, str]]:
    if route.adapter == "anthropic":
        base = (route.base_url or anthropic_chat.DEFAULT_BASE_URL).rstrip("/").removesuffix("/v1")
        headers = {"x-api-key": api_key, "anthropic-version": anthropic_chat.API_VERSION}
        return f"{base}/v1/models?limit=1000", headers
    base = (route.base_url or openai_chat.DEFAULT_BASE_URL).rstrip("/")
    return f"{base}/models", {"authorization": f"Bearer {api_key}"} if api_key else {}
