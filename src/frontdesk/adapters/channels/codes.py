"""One-time codes, handed to whatever system of the company reaches its customers."""

from collections.abc import Callable

import httpx
import structlog

log = structlog.get_logger()


class WebhookCodeSender:
    """POSTs `subject`, `code` and `language` as JSON; whoever takes it knows the customer's telephone or address."""

    def __init__(self, client: httpx.AsyncClient, address: Callable[[], str]) -> None:
        """`address` may be empty as long as there is nobody to hand codes to."""
        self._client, self._address = client, address

    async def send(self, subject: str, code: str, *, language: str, deadline_s: float) -> bool:
        if not (address := self._address()):
            return False
        body = {"subject": subject, "code": code, "language": language}
        try:
            response = await self._client.post(address, json=body, timeout=max(0.1, deadline_s))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            log.warning("code_not_sent", why=type(error).__name__)
            return False
        if not response.is_success:
            log.warning("code_not_sent", why=f"status {response.status_code}")
        return response.is_success
