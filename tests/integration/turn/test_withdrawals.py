"""What turns make of withdrawn documents: also of one that is withdrawn while an answer is being written."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from builders import NOW, a_release, a_world
from frontdesk.adapters.models.scripted import Pause, ScriptedChatModel, Step, reply
from frontdesk.bootstrap import ReleaseBook
from frontdesk.domain.ids import DocumentId, TurnId
from frontdesk.domain.overlay import NOTHING_WITHDRAWN, Overlay, Withdrawal
from frontdesk.domain.turn import Outcome
from frontdesk.ingest.parsing.document import document_id
from frontdesk.ports.models import ChatRequest
from frontdesk.text.sentences import split_sentences

RETURNS, MEMBERS = document_id("articles", "returns.md"), document_id("articles", "members.md")
QUESTION = "How long can I return unused items?"


def an_overlay(*documents: DocumentId, version: int = 1) -> Overlay:
    changes = [Withdrawal(document_id=one, is_withdrawn=True, reason="Wrong.", by="ops", at=NOW) for one in documents]
    return Overlay(version=version, withdrawn={change.document_id: change for change in changes})


async def ask(release: Any, question: str = QUESTION, *audiences: str) -> dict[str, Any]:
    async with a_world(release) as world:
        ended = await world.ask(await world.a_conversation(*audiences), question)
        turn_id = TurnId(json.loads(ended.body)["turn_id"])
        return await world.database.read(lambda stores: stores.turns.record(turn_id) or {})


async def test_no_answer_rests_on_a_withdrawn_document(tmp_path: Path) -> None:
    book = ReleaseBook()
    book.go_live(a_release(tmp_path))
    before = await ask(book.serving())
    assert RETURNS in {citation["document_id"] for citation in before["citations"]}
    book.lay_over(an_overlay(RETURNS))
    after = await ask(book.serving())
    assert RETURNS not in {citation["document_id"] for citation in after["citations"]}
    assert RETURNS not in {passage["document_id"] for passage in after["retrieval"]["passages"]}
    assert RETURNS not in {miss["document_id"] for miss in after["retrieval"]["near_misses"]}
    assert "30 days" not in json.dumps(after["answer"])


async def test_a_release_that_goes_live_later_is_served_without_it_too(tmp_path: Path) -> None:
    book = ReleaseBook()
    book.go_live(a_release(tmp_path))
    book.lay_over(an_overlay(RETURNS))
    book.go_live(
        replace(a_release(tmp_path, change={"retrieval": replace(book.serving().content.retrieval, passages=4)}))
    )
    assert book.serving().retriever.index.document(RETURNS) is None
    assert book.serving().retriever.index.whole.document(RETURNS) is not None
    book.lay_over(an_overlay(MEMBERS, version=2))
    assert book.serving().retriever.index.document(RETURNS) is not None
    assert book.serving().retriever.index.document(MEMBERS) is None


async def test_a_release_of_an_earlier_turn_is_served_without_it_too(tmp_path: Path) -> None:
    book = ReleaseBook()
    old = a_release(tmp_path)
    book.go_live(old)
    book.go_live(a_release(tmp_path, change={"retrieval": replace(old.content.retrieval, passages=4)}))
    book.lay_over(an_overlay(RETURNS))
    assert book.serving(old.manifest.release_id).retriever.index.document(RETURNS) is None


async def test_it_is_made_once_for_each_release_and_overlay(tmp_path: Path) -> None:
    book = ReleaseBook()
    book.go_live(a_release(tmp_path))
    book.lay_over(an_overlay(RETURNS))
    assert book.serving() is book.serving()
    first = book.serving()
    book.lay_over(an_overlay(RETURNS, version=2))
    assert book.serving() is not first


@pytest.fixture
def meanwhile(tmp_path: Path) -> tuple[Any, ReleaseBook]:
    """A model that writes on after the document behind its sentences was withdrawn."""
    book = ReleaseBook()

    async def withdraw(_: float) -> None:
        book.lay_over(an_overlay(RETURNS))

    def script(request: ChatRequest) -> Sequence[Step]:
        text = request.passages[0].text
        first, second, third = (text[span.start : span.end] + " " for span in split_sentences(text)[:3])
        return (first, second, Pause(seconds=1.0), third, *reply())

    book.go_live(a_release(tmp_path, model=ScriptedChatModel(script, sleep=withdraw)))
    return book.serving(), book


async def test_what_is_written_after_its_document_was_withdrawn_is_not_said(
    meanwhile: tuple[Any, ReleaseBook],
) -> None:
    release, book = meanwhile
    record = await ask(release)
    assert book.serving().retriever.index.document(RETURNS) is None
    assert record["outcome"] == Outcome.ANSWERED
    said = [sentence["text"] for sentence in record["sentences"] if sentence["citations"]]
    assert said[0].startswith("You can return unused items")
    assert "Gift cards" not in record["answer"]["text"]
    assert [piece["reasons"] for piece in record["withheld"]][-1] == ["withdrawn"]
    assert "Gift cards" in record["withheld"][-1]["text"]


async def test_a_served_release_knows_of_no_withdrawal_by_itself(tmp_path: Path) -> None:
    release = a_release(tmp_path)
    assert release.overlay == NOTHING_WITHDRAWN
    assert not release.is_withdrawn(RETURNS)
