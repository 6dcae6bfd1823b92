"""The OpenAI door, read by the official client."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import openai
import pytest

from frontdesk.domain.events import AnswerProvisional, AnswerSentence, TurnReset
from frontdesk.domain.ids import TurnId
from frontdesk.domain.turn import Outcome


@pytest.fixture
async def client(desk: Any) -> AsyncIterator[openai.AsyncOpenAI]:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(desk.web)) as transport:
        yield openai.AsyncOpenAI(
            api_key="fd_a-key-for-tests", base_url="http://desk/openai/v1", http_client=transport, max_retries=0
        )


def _ask(*messages: tuple[str, str]) -> Any:
    return [{"role": role, "content": text} for role, text in messages]


async def test_lists_the_assistant_under_its_name(client: openai.AsyncOpenAI) -> None:
    models = await client.models.list()
    assert [model.id for model in models.data] == ["juniper", "frontdesk"]


async def test_gives_a_cited_answer(client: openai.AsyncOpenAI) -> None:
    reply = await client.chat.completions.create(model="frontdesk", messages=_ask(("user", "How long?")))
    message = reply.choices[0].message
    assert message.content == "You have 60 days. [1]"
    assert message.annotations is not None
    citation = message.annotations[0].url_citation
    assert (citation.url, citation.title) == ("https://shop.example/returns", "Returns policy")
    assert message.content[citation.start_index : citation.end_index] == "[1]"
    assert reply.choices[0].finish_reason == "stop"
    assert reply.model_extra is not None
    assert reply.model_extra["frontdesk"]["outcome"] == "answered"


async def test_streams_a_cited_answer(client: openai.AsyncOpenAI) -> None:
    stream = await client.chat.completions.create(
        model="juniper", messages=_ask(("user", "How long?")), stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == "You have 60 days. [1]"
    last = next(chunk for chunk in chunks if chunk.choices and chunk.choices[0].finish_reason)
    assert last.choices[0].finish_reason == "stop"
    assert last.choices[0].delta.model_extra is not None
    assert last.choices[0].delta.model_extra["annotations"][0]["type"] == "url_citation"
    assert last.model_extra is not None
    assert last.model_extra["frontdesk"]["citations"][0]["quote"].startswith("You can return")
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens == 0


async def test_earlier_messages_are_history_and_system_ones_are_left_out(desk: Any, client: openai.AsyncOpenAI) -> None:
    await client.chat.completions.create(
        model="frontdesk",
        messages=_ask(("system", "Be rude"), ("user", "Hello"), ("assistant", "Hi!"), ("user", "How long?")),
        temperature=0.3,
        user="anna",
        tools=[{"type": "function", "function": {"name": "x"}}],
    )
    (conversation,) = await desk.app.database.read(lambda stores: stores.conversations.list_recent(limit=5))
    messages = await desk.app.database.read(
        lambda stores: stores.messages.history(conversation.conversation_id, after=0, before=None)
    )
    assert [(message.role, message.text) for message in messages] == [
        ("customer", "Hello"),
        ("assistant", "Hi!"),
        ("customer", "How long?"),
    ]
    assert conversation.channel == "openai"


async def test_a_signed_token_says_who_asks(desk: Any, client: openai.AsyncOpenAI) -> None:
    headers = {"X-Frontdesk-Identity": "customer:anna"}
    await client.chat.completions.create(model="frontdesk", messages=_ask(("user", "Hello you")), extra_headers=headers)
    (conversation,) = await desk.app.database.read(lambda stores: stores.conversations.list_recent(limit=5))
    assert conversation.principal.subject == "anna"
    with pytest.raises(openai.AuthenticationError):
        await client.chat.completions.create(
            model="frontdesk", messages=_ask(("user", "Hi")), extra_headers={"X-Frontdesk-Identity": "forged"}
        )


def _sentence(turn_id: TurnId, index: int, text: str, *, citations: tuple[Any, ...] = ()) -> AnswerSentence:
    return AnswerSentence(turn_id=turn_id, index=index, separator=" " if index else "", text=text, citations=citations)


async def _texts(client: openai.AsyncOpenAI) -> str:
    stream = await client.chat.completions.create(model="frontdesk", messages=_ask(("user", "How long?")), stream=True)
    return "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])


async def test_opening_words_wait_for_the_first_sentence_with_a_source(
    desk: Any, client: openai.AsyncOpenAI, answer: Any
) -> None:
    desk.turns.script = lambda turn_id: [
        _sentence(turn_id, 0, "Our pages say:"),
        answer.completed(turn_id, text="I don't know.", citations=(), outcome=Outcome.REFUSED, confidence="low"),
    ]
    assert await _texts(client) == "I don't know."


async def test_a_reset_before_anything_was_sent_goes_unnoticed(
    desk: Any, client: openai.AsyncOpenAI, answer: Any
) -> None:
    desk.turns.script = lambda turn_id: [
        _sentence(turn_id, 0, "Our pages say:"),
        TurnReset(turn_id=turn_id, reason="vendor_failed"),
        *answer.plain(turn_id),
    ]
    assert await _texts(client) == "You have 60 days. [1]"


async def test_a_reset_after_text_was_sent_is_an_error(desk: Any, client: openai.AsyncOpenAI, answer: Any) -> None:
    desk.turns.script = lambda turn_id: [
        _sentence(turn_id, 0, "You have 30 days.", citations=(answer.citation,)),
        TurnReset(turn_id=turn_id, reason="vendor_failed"),
        *answer.plain(turn_id),
    ]
    with pytest.raises(openai.APIError, match="starts again"):
        await _texts(client)


async def test_what_the_last_event_adds_is_sent_too(desk: Any, client: openai.AsyncOpenAI, answer: Any) -> None:
    desk.turns.script = lambda turn_id: [
        _sentence(turn_id, 0, "You have 60 days. [1]", citations=(answer.citation,)),
        answer.completed(turn_id, text="You have 60 days. [1]\n\nI left something out."),
    ]
    assert await _texts(client) == "You have 60 days. [1]\n\nI left something out."


async def test_unconfirmed_text_is_never_sent(desk: Any, client: openai.AsyncOpenAI, answer: Any) -> None:
    desk.turns.script = lambda turn_id: [AnswerProvisional(turn_id=turn_id, text="Unconfirmed"), *answer.plain(turn_id)]
    assert "Unconfirmed" not in await _texts(client)


async def test_errors_are_in_the_words_of_that_api(desk: Any, client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as missing:
        await client.chat.completions.create(model="gpt-4o", messages=_ask(("user", "Hi")))
    assert missing.value.param == "model"
    with pytest.raises(openai.BadRequestError) as last:
        await client.chat.completions.create(model="frontdesk", messages=_ask(("assistant", "Hi")))
    assert last.value.param == "messages"
    with pytest.raises(openai.UnprocessableEntityError):
        await client.chat.completions.create(model="frontdesk", messages=_ask(*[("user", "Hi")] * 201))
    with pytest.raises(openai.AuthenticationError):
        await client.with_options(api_key="fd_wrong").models.list()


async def test_hanging_up_leaves_the_turn_to_end(desk: Any, answer: Any) -> None:
    gate = asyncio.Event()
    desk.turns.script = lambda turn_id: [gate, *answer.plain(turn_id)]
    body = {"model": "frontdesk", "messages": _ask(("user", "How long?")), "stream": True}
    async with desk.stream("POST", "/openai/v1/chat/completions", desk.staff, body) as stream:
        await stream.events(count=1)
    gate.set()
    await asyncio.gather(*desk.turns.tasks)
    (conversation,) = await desk.app.database.read(lambda stores: stores.conversations.list_recent(limit=5))
    assert conversation.last_seq == 3
