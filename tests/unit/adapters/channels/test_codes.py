import json

import httpx
import pytest

from frontdesk.adapters.channels import WebhookCodeSender

ADDRESS = "https://codes.example/send"


def a_sender(
    answer: httpx.Response | Exception, seen: list[httpx.Request], address: str = ADDRESS
) -> WebhookCodeSender:
    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return WebhookCodeSender(httpx.AsyncClient(transport=httpx.MockTransport(handle)), lambda: address)


async def test_hands_the_code_to_whoever_knows_the_customers_telephone() -> None:
    seen: list[httpx.Request] = []
    assert await a_sender(httpx.Response(202), seen).send("cust-1187", "482913", language="de", deadline_s=3)
    assert str(seen[0].url) == ADDRESS
    assert json.loads(seen[0].content) == {"subject": "cust-1187", "code": "482913", "language": "de"}


@pytest.mark.parametrize(
    "answer", [httpx.Response(500), httpx.Response(404), httpx.ConnectError("no"), httpx.ReadTimeout("late")]
)
async def test_a_code_that_is_not_taken_counts_as_not_sent(answer: httpx.Response | Exception) -> None:
    assert not await a_sender(answer, []).send("cust-1187", "482913", language="en", deadline_s=3)


async def test_without_an_address_nothing_is_sent() -> None:
    seen: list[httpx.Request] = []
    assert not await a_sender(httpx.Response(202), seen, address="").send("c", "482913", language="en", deadline_s=3)
    assert seen == []
