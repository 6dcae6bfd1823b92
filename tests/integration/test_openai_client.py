"""The official OpenAI client, pointed at Frontdesk and otherwise unchanged."""

from collections.abc import AsyncIterator
from pathlib import Path

import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam

from shop import Counter, an_open_shop

FINLAND: list[ChatCompletionMessageParam] = [
    {"role": "system", "content": "You are a pirate."},
    {"role": "user", "content": "What do I have to spend for free delivery to Finland?"},
]


@pytest.fixture
async def shop(demo_words: Path) -> AsyncIterator[Counter]:
    async with an_open_shop(demo_words, embedder="none") as shop:
        yield shop


@pytest.fixture
async def client(shop: Counter) -> AsyncIterator[openai.AsyncOpenAI]:
    async with a_client(shop, shop.staff_key) as client:
        yield client


def a_client(shop: Counter, key: str) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(api_key=key, base_url=f"{shop.url}/openai/v1", max_retries=0, timeout=30)


async def test_streams_an_answer_with_its_sources(client: openai.AsyncOpenAI) -> None:
    stream = await client.chat.completions.create(
        model="juniper", messages=FINLAND, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    choices = [chunk.choices[0] for chunk in chunks if chunk.choices]
    text = "".join(choice.delta.content or "" for choice in choices)
    assert "140 EUR" in text
    assert sum(bool(choice.delta.content) for choice in choices) > 1, "it came in one piece"
    assert [choice.finish_reason for choice in choices if choice.finish_reason] == ["stop"]
    sources = [source["url_citation"] for source in (choices[-1].delta.model_extra or {})["annotations"]]
    assert any(source["title"] == "Delivery to Denmark, Sweden and Finland" for source in sources), sources
    for source in sources:
        assert text[source["start_index"] : source["end_index"]].strip("[]").isdecimal()
    assert chunks[-1].usage is not None


async def test_gives_the_same_answer_in_one_piece(client: openai.AsyncOpenAI) -> None:
    completion = await client.chat.completions.create(model="frontdesk", messages=FINLAND)
    message = completion.choices[0].message
    assert "140 EUR" in (message.content or "")
    assert message.annotations
    assert all(annotation.type == "url_citation" for annotation in message.annotations)
    assert (completion.model_extra or {})["frontdesk"]["outcome"] == "answered"


async def test_carries_what_was_said_before(client: openai.AsyncOpenAI) -> None:
    completion = await client.chat.completions.create(
        model="frontdesk",
        messages=[
            {"role": "user", "content": "How much is standard delivery to mainland Spain?"},
            {"role": "assistant", "content": "Standard delivery to mainland Spain costs 8.90 EUR."},
            {"role": "user", "content": [{"type": "text", "text": "and to the Balearic Islands?"}]},
        ],
    )
    assert "14.90 EUR" in (completion.choices[0].message.content or "")


async def test_lists_the_assistant_as_a_model(client: openai.AsyncOpenAI) -> None:
    assert [model.id async for model in client.models.list()] == ["juniper", "frontdesk"]


async def test_a_wrong_key_is_an_authentication_error(shop: Counter) -> None:
    async with a_client(shop, "fd_" + "x" * 40) as stranger:
        with pytest.raises(openai.AuthenticationError, match="not valid"):
            await stranger.models.list()
        with pytest.raises(openai.AuthenticationError):
            await stranger.chat.completions.create(model="frontdesk", messages=FINLAND, stream=True)


async def test_mistakes_are_the_errors_the_client_knows(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="There is no model 'gpt-4o'"):
        await client.chat.completions.create(model="gpt-4o", messages=FINLAND)
    with pytest.raises(openai.BadRequestError) as empty:
        await client.chat.completions.create(model="frontdesk", messages=[{"role": "user", "content": "  "}])
    assert empty.value.param == "messages"
    with pytest.raises(openai.UnprocessableEntityError) as two:
        await client.chat.completions.create(model="frontdesk", messages=FINLAND, n=2)
    assert two.value.param == "n"


async def test_every_request_is_a_turn_that_staff_can_explain(shop: Counter, client: openai.AsyncOpenAI) -> None:
    completion = await client.chat.completions.create(model="frontdesk", messages=FINLAND)
    turn_id = (completion.model_extra or {})["frontdesk"]["turn_id"]
    record = await shop.app.database.read(lambda stores: stores.turns.record(turn_id))
    assert record is not None
    assert record["question"] == FINLAND[-1]["content"]
