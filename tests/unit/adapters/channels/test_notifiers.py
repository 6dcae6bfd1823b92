"""Telling the company's own systems."""

import httpx
import pytest
import structlog
from structlog.testing import capture_logs

from frontdesk.adapters.channels import LogNotifier, WebhookNotifier
from frontdesk.domain.errors import DependencyTimeoutError, RejectedError, UnavailableError


async def told(handler: httpx.MockTransport) -> None:
    async with httpx.AsyncClient(transport=handler) as client:
        await WebhookNotifier(client, "https://desk.example/hook").notify("escalation.opened", key="esc_1", body="{}")


async def test_a_notice_carries_its_topic_and_key() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(204)

    await told(httpx.MockTransport(answer))

    (request,) = seen
    assert request.headers["Idempotency-Key"] == "esc_1"
    assert request.headers["X-Frontdesk-Topic"] == "escalation.opened"
    assert request.content == b"{}"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (500, UnavailableError),
        (503, UnavailableError),
        (429, UnavailableError),
        (400, RejectedError),
        (302, RejectedError),
    ],
)
async def test_a_refusal_is_told_apart_from_a_hiccup(status: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        await told(httpx.MockTransport(lambda _: httpx.Response(status)))


@pytest.mark.parametrize(
    ("raised", "error"),
    [
        (httpx.ReadTimeout("slow"), DependencyTimeoutError),
        (httpx.ConnectError("gone"), UnavailableError),
        (httpx.InvalidURL("no host"), RejectedError),
    ],
)
async def test_a_broken_connection_is_translated(raised: Exception, error: type[Exception]) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise raised

    with pytest.raises(error):
        await told(httpx.MockTransport(fail))


async def test_without_a_webhook_the_log_is_told() -> None:
    structlog.reset_defaults()
    with capture_logs() as logs:
        await LogNotifier().notify("escalation.opened", key="esc_1", body='{"queue": "orders"}')

    assert logs == [{"event": "escalation.opened", "log_level": "warning", "notice_key": "esc_1", "queue": "orders"}]
