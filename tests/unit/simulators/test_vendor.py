import json
import re
from random import Random
from typing import Any

import httpx
import pytest

from frontdesk.simulators.vendor import MODELS, TOKEN, VendorBehaviour, create_vendor
from frontdesk.simulators.vendor.lies import KINDS, Kind, falsify
from frontdesk.simulators.vendor.prose import Request, write_reply

PASSAGE = "You can return unused items within 30 days of delivery. Return labels cost 5.90 EUR, and are free of charge for members."
PROMPT = f'<passages>\n<passage number="1" title="Returns">\n{PASSAGE}\n</passage>\n</passages>\n\nHow long can I return items?'
REQUEST = Request(question="How long can I return items?", passages=((1, PASSAGE),), task="answer", said=())


def a_body(model: str, **fields: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": PROMPT}], **fields}


def a_client(behaviour: VendorBehaviour | None = None) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=create_vendor(behaviour)), base_url="http://vendor.test")


async def text_of(client: httpx.AsyncClient, model: str) -> str:
    answer = await client.post("/v1/chat/completions", json=a_body(model))
    return str(answer.json()["choices"][0]["message"]["content"])


async def test_answers_from_the_passages_and_cites_them() -> None:
    text = await text_of(a_client(), "sim")
    assert "30 days" in text or "thirty days" in text
    assert "[1]" in text


async def test_the_same_seed_and_request_give_the_same_reply() -> None:
    behaviour = VendorBehaviour(seed=7, lie_rate=0.5)
    assert await text_of(a_client(behaviour), "sim") == await text_of(a_client(behaviour), "sim")


async def test_a_stream_says_what_the_whole_reply_says_and_counts_its_tokens() -> None:
    client = a_client()
    whole = (await client.post("/v1/chat/completions", json=a_body("sim"))).json()
    body = a_body("sim", stream=True, stream_options={"include_usage": True})
    lines = (await client.post("/v1/chat/completions", json=body)).text.split("\n\n")
    assert lines[-2] == "data: [DONE]"
    events = [json.loads(line.removeprefix("data: ")) for line in lines[:-2]]
    text = "".join(event["choices"][0]["delta"].get("content", "") for event in events if event["choices"])
    assert text == whole["choices"][0]["message"]["content"]
    assert events[-1]["usage"] == whole["usage"]


async def test_speed_is_what_it_was_set_to() -> None:
    behaviour = VendorBehaviour(first_token_ms=30.0, ms_per_token=1.0)
    answer = await a_client(behaviour).post("/v1/chat/completions", json=a_body("sim", stream=True))
    tokens = answer.text.count('"content"')
    assert tokens > 5
    assert 0.03 + (tokens - 2) / 1000 <= answer.elapsed.total_seconds() < 2.0


async def test_the_fast_model_gives_fifty_tokens_of_the_first_passage() -> None:
    text = await text_of(a_client(), "sim-fast")
    assert len(TOKEN.findall(text)) == 50
    assert text.startswith("You can return unused items")


async def test_every_falsehood_is_listed() -> None:
    client = a_client(VendorBehaviour(cites=False))
    text = await text_of(client, "sim-lies")
    listed = (await client.get("/debug/falsehoods")).json()["falsehoods"]
    assert listed
    assert all(lie["text"] in text for lie in listed)
    assert all(lie["truth"] != lie["text"] for lie in listed)
    assert await text_of(a_client(VendorBehaviour(cites=False)), "sim") != text


async def test_an_honest_vendor_lists_nothing() -> None:
    client = a_client()
    await text_of(client, "sim")
    assert (await client.get("/debug/falsehoods")).json() == {"falsehoods": []}


@pytest.mark.parametrize(
    ("kind", "sentence", "changed"),
    [
        ("number", "You have 30 days.", r"You have \d+ days\."),
        ("price", "It costs 5.90 EUR.", r"It costs \d+\.90 EUR\."),
        ("unit", "You have 30 days.", r"You have 30 weeks\."),
        ("date", "It ends on 5 March 2027.", r"It ends on 5 .+ 20\d\d\."),
        ("negation", "Gift cards cannot be returned.", r"Gift cards can be returned\."),
        ("negation", "It is free.", r"It is not free\."),
        ("entity", "We ship to Spain only.", r"We ship to Norway only\."),
        ("policy", "It is free.", r"We also match|Every order|A courier"),
    ],
)
def test_a_falsehood_changes_what_its_kind_says(kind: Kind, sentence: str, changed: str) -> None:
    for seed in range(20):
        made, text = falsify(sentence, [kind], random=Random(seed), names=("Norway", "Spain"))
        assert made == kind
        assert text != sentence
        assert re.match(changed, text)


@pytest.mark.parametrize(
    ("language", "sentence", "changed"),
    [
        ("es", "Las tarjetas no se pueden devolver.", "Las tarjetas se pueden devolver."),
        ("de", "Es gibt 5 Jahre Garantie, und sie ist gratis.", "Es gibt 5 Jahre Garantie, und sie ist nicht gratis."),
        ("de", "Gutscheine nehmen wir nicht zurück.", "Gutscheine nehmen wir zurück."),
    ],
)
def test_negations_are_those_of_the_language(language: str, sentence: str, changed: str) -> None:
    assert falsify(sentence, ["negation"], random=Random(1), language=language) == ("negation", changed)


def test_names_keep_their_capitals_after_an_opening() -> None:
    request = Request(
        question="Does Acme ship to Spain?", passages=((1, "Acme ships to Spain every day."),), task="answer", said=()
    )
    assert all("acme" not in write_reply(request, Random(seed))[0][0] for seed in range(50))


def test_where_no_kind_fits_a_policy_is_invented() -> None:
    assert falsify("Sure.", ["number", "price"], random=Random(1))[0] == "policy"


def test_a_true_reply_adds_no_number_and_drops_no_negation() -> None:
    for seed in range(200):
        text = " ".join(sentence for sentence, _ in write_reply(REQUEST, Random(seed)))
        assert set(re.findall(r"\d+", text)) <= {"30", "5", "90"}


def test_it_knows_nothing_but_its_passages() -> None:
    unknown = Request(question="Who won the cup?", passages=((1, PASSAGE),), task="answer", said=())
    assert write_reply(unknown, Random(1)) == [("I don't know.", 0)]


async def test_a_malformed_request_is_refused_and_models_are_listed() -> None:
    client = a_client()
    assert (await client.post("/v1/chat/completions", content="{")).status_code == 400
    listed = (await client.get("/v1/models")).json()["data"]
    assert [model["id"] for model in listed] == list(MODELS)
    assert set(KINDS) == {"number", "unit", "date", "price", "negation", "entity", "policy"}
