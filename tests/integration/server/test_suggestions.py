"""Questions to go on with, over HTTP before the demo shop."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from frontdesk.bootstrap import open_app
from frontdesk.domain.conversation import PUBLIC_ONLY, Audiences
from frontdesk.server import running_server
from frontdesk.settings import load_settings
from frontdesk.turn.suggestions import Answered, candidates
from shop import DEMO


async def _asked(client: httpx.AsyncClient, question: str, locale: str = "en") -> tuple[str, dict[str, str], Any]:
    opened = (await client.post("/v1/conversations", json={"locale": locale})).json()
    path, headers = f"/v1/conversations/{opened['conversation_id']}", {"Authorization": f"Bearer {opened['token']}"}
    return path, headers, await _say(client, path, headers, question, "first")


async def _say(client: httpx.AsyncClient, path: str, headers: dict[str, str], text: str, key: str) -> Any:
    response = await client.post(f"{path}/messages", json={"text": text}, headers={**headers, "Idempotency-Key": key})
    return response.json()


@pytest.fixture
async def client(tmp_path: Any) -> Any:
    settings = load_settings({}, data_dir=tmp_path, assistant_dir=DEMO, embedder="none")
    async with (
        running_server(await open_app(settings)) as url,
        httpx.AsyncClient(base_url=url, timeout=30) as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("question", "locale"),
    [("How long does a refund take on a credit card?", "en"), ("Wie lange ist ein Gutschein gültig?", "de")],
)
async def test_every_question_that_is_offered_is_answered_from_the_section_it_names(
    client: httpx.AsyncClient, question: str, locale: str
) -> None:
    path, headers, turn = await _asked(client, question, locale)
    items = (await client.get(f"{path}/turns/{turn['turn_id']}/suggestions", headers=headers)).json()["items"]
    assert 1 <= len(items) <= 3
    assert len({item["text"] for item in items}) == len(items)
    for number, item in enumerate(items):
        answer = await _say(client, path, headers, item["text"], str(number))
        assert answer["outcome"] == "answered", item
        assert answer["citations"], item


async def test_nothing_is_offered_after_a_question_without_an_answer(client: httpx.AsyncClient) -> None:
    path, headers, turn = await _asked(client, "Which team won the match?")
    assert turn["outcome"] == "refused"
    assert (await client.get(f"{path}/turns/{turn['turn_id']}/suggestions", headers=headers)).json() == {"items": []}


async def test_no_section_is_chosen_that_this_customer_may_not_see(tmp_path: Path) -> None:
    app = await open_app(load_settings({}, data_dir=tmp_path, assistant_dir=DEMO, embedder="none"))
    index = app.releases.serving().retriever.index
    members = next(
        document
        for document in index.documents()
        if document.audience == "members" and index.rows_of(document.document_id)[1:]
    )
    answered = Answered(
        question="", language="en", cited=(), cited_documents=(members.document_id,), other_documents=()
    )
    rights = Audiences(labels=frozenset({"public", "members"}))
    assert candidates(index, answered, audiences=rights)
    assert not candidates(index, answered, audiences=PUBLIC_ONLY)
    await app.resources.aclose()


async def test_the_turn_of_another_conversation_is_not_found(client: httpx.AsyncClient) -> None:
    _, _, turn = await _asked(client, "How long does a refund take on a credit card?")
    path, headers, _ = await _asked(client, "Hello")
    for turn_id in (turn["turn_id"], "turn_none", "nonsense"):
        response = await client.get(f"{path}/turns/{turn_id}/suggestions", headers=headers)
        assert response.status_code == 404
