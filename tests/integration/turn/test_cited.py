"""What an answer cited, looked up later: as it was then, as far as its customer may still see it."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from builders import ARTICLES, World, a_release, a_world
from frontdesk.domain.conversation import PUBLIC_ONLY, Audiences
from frontdesk.domain.errors import NotFoundError
from frontdesk.domain.events import AnswerSentence, TurnAccepted, TurnReset
from frontdesk.domain.ids import ChunkId, ConversationId, DocumentId, MessageId, SnapshotId, TurnId
from frontdesk.domain.turn import Citation
from frontdesk.ports.index import KnowledgeIndex
from frontdesk.ports.stores import StoredTurn
from frontdesk.turn.cited import find_citation, look_up

QUESTION = "How long do I have to return unused items?"
MEMBERS = Audiences(labels=frozenset({"public", "members"}))


def an_index(folder: Path, articles: Mapping[str, str] = ARTICLES) -> KnowledgeIndex:
    folder.mkdir(exist_ok=True)
    return a_release(folder, articles=articles).retriever.index


def with_returns(change: tuple[str, str]) -> dict[str, str]:
    return {**ARTICLES, "returns.md": ARTICLES["returns.md"].replace(*change)}


async def ask(world: World, conversation: ConversationId) -> Citation:
    ended = json.loads((await world.ask(conversation, QUESTION)).body)
    turn_id = TurnId(ended["turn_id"])
    return await world.database.read(lambda stores: find_citation(stores, conversation, turn_id, "1"))


async def test_finds_the_document_and_the_part_that_was_cited(tmp_path: Path, url: str) -> None:
    release = a_release(tmp_path)
    async with a_world(release, url=url) as world:
        citation = await ask(world, await world.a_conversation())
    index = release.retriever.index
    source = look_up(citation, PUBLIC_ONLY, then=index, now=index)

    assert source.is_current
    assert source.document is not None
    assert source.document.title == citation.title == "Returns"
    assert source.chunk is not None
    assert citation.quote in source.chunk.text


async def test_a_document_that_says_something_else_today_is_shown_as_it_was(tmp_path: Path) -> None:
    release = a_release(tmp_path)
    async with a_world(release) as world:
        citation = await ask(world, await world.a_conversation())
    now = an_index(tmp_path / "now", with_returns(("within 30 days", "within 60 days")))
    source = look_up(citation, PUBLIC_ONLY, then=release.retriever.index, now=now)

    assert not source.is_current
    assert source.document is not None
    assert "within 30 days" in source.document.text


async def test_of_a_withdrawn_document_only_the_quoted_words_are_left(tmp_path: Path) -> None:
    release = a_release(tmp_path)
    async with a_world(release) as world:
        citation = await ask(world, await world.a_conversation())
    others = {name: text for name, text in ARTICLES.items() if name != "returns.md"}
    now = an_index(tmp_path / "now", others)
    source = look_up(citation, PUBLIC_ONLY, then=release.retriever.index, now=now)

    assert (source.document, source.chunk, source.is_current) == (None, None, False)
    assert source.citation == citation


async def test_a_document_that_was_closed_since_is_not_shown_to_whom_it_was_closed(tmp_path: Path) -> None:
    release = a_release(tmp_path)
    async with a_world(release) as world:
        citation = await ask(world, await world.a_conversation())
    then = release.retriever.index
    now = an_index(tmp_path / "now", with_returns(("title: Returns", "title: Returns\naudience: members")))

    assert look_up(citation, MEMBERS, then=then, now=now).document is not None
    for snapshot in (then, None):
        with pytest.raises(NotFoundError):
            look_up(citation, PUBLIC_ONLY, then=snapshot, now=now)


async def test_a_document_that_was_cited_to_a_member_is_not_shown_to_one_who_is_none_any_more(tmp_path: Path) -> None:
    release = a_release(tmp_path, articles=with_returns(("title: Returns", "title: Returns\naudience: members")))
    async with a_world(release) as world:
        citation = await ask(world, await world.a_conversation("members"))
    then, without = release.retriever.index, an_index(tmp_path / "now", {"shipping.md": ARTICLES["shipping.md"]})

    for now in (then, without):
        with pytest.raises(NotFoundError):
            look_up(citation, PUBLIC_ONLY, then=then, now=now)


async def test_where_the_snapshot_is_gone_the_quoted_words_are_left(tmp_path: Path) -> None:
    release = a_release(tmp_path)
    async with a_world(release) as world:
        citation = await ask(world, await world.a_conversation())
    source = look_up(citation, PUBLIC_ONLY, then=None, now=release.retriever.index)

    assert (source.document, source.is_current) == (None, False)


async def test_a_marker_that_the_answer_does_not_have_is_not_found(tmp_path: Path, url: str) -> None:
    async with a_world(a_release(tmp_path), url=url) as world:
        mine, other = await world.a_conversation(), await world.a_conversation()
        turn_id = TurnId(json.loads((await world.ask(mine, QUESTION)).body)["turn_id"])
        for conversation, turn, marker in ((mine, turn_id, "9"), (mine, turn_id, ""), (other, turn_id, "1")):
            with pytest.raises(NotFoundError):
                await world.database.read(
                    lambda stores, one=conversation, two=turn, three=marker: find_citation(stores, one, two, three)  # type: ignore[misc]
                )


def a_sentence(turn: StoredTurn, marker: str, quote: str) -> AnswerSentence:
    citation = Citation(
        marker=marker,
        document_id=DocumentId("doc_1"),
        chunk_id=ChunkId("chunk_1"),
        title="Returns",
        url="",
        quote=quote,
        snapshot_id=SnapshotId("snap_1"),
    )
    return AnswerSentence(turn_id=turn.turn_id, index=0, separator="", text=quote, citations=(citation,))


async def test_a_running_answer_may_be_looked_up_as_far_as_it_stands(tmp_path: Path, url: str) -> None:
    async with a_world(a_release(tmp_path), url=url, start=False) as world:
        conversation = await world.a_conversation()
        accepted = await world.send(conversation, QUESTION)
        for task in list(world.runner._tasks.values()):
            task.cancel()
        turn_id = accepted.turn.turn_id
        turn = await world.database.read(lambda stores: stores.turns.get(turn_id))
        assert turn is not None

        async def look(marker: str) -> Citation:
            return await world.database.read(lambda stores: find_citation(stores, conversation, turn_id, marker))

        void = [
            a_sentence(turn, "1", "void"),
            a_sentence(turn, "2", "void too"),
            TurnReset(turn_id=turn_id, reason="taken_over"),
        ]
        beside = TurnAccepted(turn_id=TurnId("turn_next"), message_id=MessageId("msg_next"), text="And?")
        events = [*void, beside, a_sentence(turn, "1", "it stands")]
        at = world.clock.now()
        await world.database.write(lambda stores: stores.events.append(conversation, events, at=at))
        assert (await look("1")).quote == "it stands"
        with pytest.raises(NotFoundError):
            await look("2")
