"""Notices to the company's own systems: a webhook, or the log where none is configured."""

import json

import httpx
import structlog

from frontdesk.domain.errors import DependencyTimeoutError, RejectedError, UnavailableError

TIMEOUT_S = 10.0


class LogNotifier:
    """Writes every notice as a log line; it never fails."""

    async def notify(self, topic: str, *, key: str, body: str) -> None:
        structlog.get_logger().warning(topic, notice_key=key, **json.loads(body))


class WebhookNotifier:
    """POSTs every notice as JSON, with the topic and an `Idempotency-Key` in its headers."""

    def __init__(self, client: httpx.AsyncClient, url: str) -> None:
        self._client = client
        self._url = url

    async def notify(self, topic: str, *, key: str, body: str) -> None:
        headers = {"Content-Type": "application/json", "Idempotency-Key": key, "X-Frontdesk-Topic": topic}
        try:
            response = await self._client.post(self._url, content=body, headers=headers, timeout=TIMEOUT_S)
        except httpx.TimeoutException as error:
            raise DependencyTimeoutError("The webhook did not answer in time.") from error
        except httpx.InvalidURL as error:
            raise RejectedError("The webhook's URL cannot be used.") from error
        except httpx.HTTPError as error:
            raise UnavailableError("The webhook cannot be reached.") from error
        if response.status_code in (408, 425, 429) or response.is_server_error:
            raise UnavailableError("The webhook is not ready.", status=response.status_code)
        if not response.is_success:
            raise RejectedError("The webhook refused the notice.", status=response.status_code)
