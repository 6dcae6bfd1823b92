"""The retrieve stage over a sealed snapshot."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from math import exp
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from frontdesk.domain.conversation import PUBLIC_ONLY, Audiences
from frontdesk.domain.release import RetrievalSettings
from frontdesk.domain.turn import RetrievalResult, SearchQuery
from frontdesk.ports.index import KnowledgeIndex
from frontdesk.ports.models import ChatTurn, Embedder
from frontdesk.turn.retrieval import Retriever, passages

MakeIndex = Callable[..., KnowledgeIndex]
MEMBERS = Audiences(labels=frozenset({"public", "members"}))


async def ask(
    index: KnowledgeIndex,
    embedder: Embedder | None,
    question: str,
    *,
    language: str = "en",
    history: tuple[ChatTurn, ...] = (),
    audiences: Audiences = PUBLIC_ONLY,
    query: SearchQuery | None = None,
    **changed: Any,
) -> RetrievalResult:
    stage = Retriever(index, embedder, replace(RetrievalSettings(), **changed))
    return await stage.retrieve(question, language=language, history=history, audiences=audiences, query=query)


def documents(result: RetrievalResult) -> list[str]:
    return [str(passage.document_id)[4:] for passage in result.passages]


async def test_finds_the_article_that_answers(index: KnowledgeIndex, embedder: Embedder) -> None:
    found = await ask(index, embedder, "What does shipping to Austria cost?")
    assert documents(found)[0] == "shipping"
    assert "6.90 EUR" in found.passages[0].text
    assert found.degraded == ()
    assert found.passages[0].dense_score is not None
    assert set(found.timings_ms) == {"rewrite", "embed", "lexical", "dense", "fuse"}


async def test_a_covered_question_is_surer_than_one_on_a_country_nobody_names(
    index: KnowledgeIndex, embedder: Embedder
) -> None:
    covered = await ask(index, embedder, "What does shipping to Austria cost?")
    uncovered = await ask(index, embedder, "What does shipping to Iceland cost?")
    assert uncovered.confidence < covered.confidence - 0.3
    assert (covered.level, uncovered.level) == ("high", "low")


async def test_a_question_with_no_word_in_common_has_no_confidence(words_only: KnowledgeIndex) -> None:
    found = await ask(words_only, None, "quantum chromodynamics lattice")
    assert (found.passages, found.confidence, found.level) == ((), 0.0, "low")


async def test_a_follow_up_is_searched_with_what_it_leaves_out(index: KnowledgeIndex, embedder: Embedder) -> None:
    history = (
        ChatTurn(role="customer", text="How many days do I have to return unused items?"),
        ChatTurn(role="assistant", text="30 days."),
    )
    found = await ask(index, embedder, "and for members?", history=history, audiences=MEMBERS)
    assert documents(found)[0] == "club"
    assert "return" in found.query.carried


async def test_only_members_see_what_members_may_see(index: KnowledgeIndex, embedder: Embedder) -> None:
    question = "Within how many days can members return unused items?"
    assert "club" not in documents(await ask(index, embedder, question))
    assert "club" in documents(await ask(index, embedder, question, audiences=MEMBERS))


async def test_without_an_embedder_words_alone_decide_and_it_is_said(index: KnowledgeIndex) -> None:
    found = await ask(index, None, "What does shipping to Austria cost?")
    assert documents(found)[0] == "shipping"
    assert found.degraded == ("lexical_only",)
    assert found.passages[0].dense_score is None


async def test_a_failing_embedder_costs_the_dense_leg_and_nothing_else(
    index: KnowledgeIndex, broken_embedder: Embedder
) -> None:
    found = await ask(index, broken_embedder, "What does shipping to Austria cost?")
    assert documents(found)[0] == "shipping"
    assert found.degraded == ("lexical_only",)


async def test_a_snapshot_without_vectors_is_searched_by_words(words_only: KnowledgeIndex, embedder: Embedder) -> None:
    found = await ask(words_only, embedder, "What does shipping to Austria cost?")
    assert documents(found)[0] == "shipping"
    assert found.degraded == ("lexical_only",)


async def test_a_language_without_dense_weight_is_not_degraded(index: KnowledgeIndex, embedder: Embedder) -> None:
    found = await ask(index, embedder, "Was kostet der Versand nach Spanien?", language="de")
    assert documents(found)[0] == "versand"
    assert found.degraded == ()
    assert "dense" not in found.timings_ms


async def test_a_query_made_by_a_model_is_used_as_it_is(index: KnowledgeIndex, embedder: Embedder) -> None:
    query = SearchQuery(
        text="How long is a gift card good for?",
        original="and that one?",
        language="en",
        carried=("gift", "card", "good"),
        rewritten_by="model",
    )
    found = await ask(index, embedder, "and that one?", query=query)
    assert found.query is query
    assert documents(found)[0] == "gifts"


async def test_a_long_story_is_searched_sentence_by_sentence(index: KnowledgeIndex, embedder: Embedder) -> None:
    story = "My name is Ada and I was born in a small village by the sea. " * 8
    found = await ask(index, embedder, story + "How long is a gift card good for? " + story)
    assert "gifts" in documents(found)


async def test_neighbouring_chunks_of_a_document_become_one_passage(make_index: Any, embedder: Embedder) -> None:
    index = make_index(chunk_tokens=14)
    found = await ask(index, embedder, "Shipping express parcels to islands and Austria")
    joined = next(passage for passage in found.passages if passage.document_id == "doc_shipping")
    assert len(joined.chunk_ids) > 1
    assert documents(found).count("shipping") == 1


async def test_a_text_that_says_the_same_twice_is_quoted_once(make_index: Any, embedder: Embedder) -> None:
    text = "# Returns\n\nYou can return unused items within 30 days of delivery."
    index = make_index(
        [("a", "en", "public", text), ("b", "en", "public", text + " "), ("c", "en", "public", "# Boots\n\nBoots.")]
    )
    assert documents(await ask(index, embedder, "return unused items")).count("a") == 1
    assert "b" not in documents(await ask(index, embedder, "return unused items"))


async def test_the_same_question_gives_the_same_result(index: KnowledgeIndex, embedder: Embedder) -> None:
    first = await ask(index, embedder, "return unused items")
    second = await ask(index, embedder, "return unused items")
    assert replace(first, timings_ms={}) == replace(second, timings_ms={})


WORDS = st.sampled_from(
    [
        "shipping",
        "return",
        "members",
        "staff",
        "refund",
        "till",
        "gift",
        "card",
        "boots",
        "islands",
        "express",
        "austria",
        "80",
        "eur",
        "days",
        "and",
        "it",
    ]
)


@pytest.mark.parametrize("labels", [{"public"}, {"public", "members"}, {"members"}, {"customer:ada"}])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(
    question=st.lists(WORDS, min_size=1, max_size=8).map(" ".join), earlier=st.lists(WORDS, max_size=6).map(" ".join)
)
def test_every_passage_is_permitted_and_stands_where_it_says(
    index: KnowledgeIndex, embedder: Embedder, labels: set[str], question: str, earlier: str
) -> None:
    audiences = Audiences(labels=frozenset(labels))
    history = (ChatTurn(role="customer", text=earlier or "hello"),)
    found = asyncio.run(ask(index, embedder, question, history=history, audiences=audiences))
    assert 0.0 <= found.confidence <= 1.0
    for passage in found.passages:
        document = index.document(passage.document_id)
        assert document is not None
        assert audiences.may_see(passage.audience)
        assert document.audience == passage.audience
        assert document.text[passage.start : passage.start + len(passage.text)] == passage.text
        assert passage.chunk_id in passage.chunk_ids
    scores = [passage.score for passage in found.passages]
    assert scores == sorted(scores, reverse=True)


async def test_tells_where_each_leg_put_a_passage_and_what_nearly_was_one(
    index: KnowledgeIndex, embedder: Embedder
) -> None:
    found = await ask(index, embedder, "Can I return unused items after delivery?", passages=1)
    (passage,) = found.passages
    assert (passage.lexical_rank, passage.dense_rank) == (1, 1)
    assert found.near_misses
    missed = found.near_misses[0]
    assert missed.score <= passage.score
    assert missed.cut_by == "limit"
    assert all((miss.lexical_rank is None) == (miss.lexical_score is None) for miss in found.near_misses)
    ranks = [miss.dense_rank for miss in found.near_misses if miss.dense_rank]
    assert len(set(ranks)) == len(ranks)


async def test_near_misses_are_as_permitted_as_passages(index: KnowledgeIndex, embedder: Embedder) -> None:
    question = "How many days do members have to return unused items, and may staff refund without asking?"
    found = await ask(index, embedder, question, passages=1)
    seen = {str(miss.document_id)[4:] for miss in found.near_misses} | set(documents(found))
    assert not seen & {"club", "till"}
    assert found.audiences == ("public",)
    members = await ask(index, embedder, question, passages=1, audiences=MEMBERS)
    assert members.audiences == ("members", "public")
    assert "club" in {str(miss.document_id)[4:] for miss in members.near_misses} | set(documents(members))


async def test_a_repetition_is_a_near_miss_and_says_so(make_index: MakeIndex, embedder: Embedder) -> None:
    text = "# Returns\n\nYou can return unused items within 30 days of delivery."
    index = make_index([("one", "en", "public", text), ("two", "en", "public", text)])
    found = await ask(index, embedder, "Can I return unused items?")
    assert [miss.cut_by for miss in found.near_misses] == ["duplicate"]


async def test_a_passage_far_below_the_best_is_left_out_and_says_so(
    index: KnowledgeIndex, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = "What does shipping to Austria cost?"
    found = await ask(index, embedder, question)
    monkeypatch.setattr(passages, "FAR", float("inf"))
    everything = await ask(index, embedder, question)
    best = everything.passages[0]
    far = [one for one in everything.passages if one.score < best.score - 4.0]
    assert far
    assert found.passages == everything.passages[: -len(far)]
    left_out = [miss for miss in found.near_misses if miss.cut_by == "far"]
    assert {miss.chunk_id for miss in left_out} == {chunk_id for one in far for chunk_id in one.chunk_ids}
    scores = [miss.score for miss in found.near_misses]
    assert scores == sorted(scores, reverse=True)
    assert found.confidence == everything.confidence


async def test_the_neighbour_of_a_good_chunk_stays_with_it(
    index: KnowledgeIndex, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = "When do express parcels and parcels to islands arrive?"
    everything = await ask(index, embedder, question)
    assert len(everything.passages[0].chunk_ids) > 1
    monkeypatch.setattr(passages, "FAR", 0.0)
    found = await ask(index, embedder, question)
    assert found.passages == everything.passages[:1]


async def test_the_signs_add_up_to_the_confidence(index: KnowledgeIndex, embedder: Embedder) -> None:
    for question in ("What does shipping to Austria cost?", "What does shipping to Iceland cost?"):
        found = await ask(index, embedder, question)
        odds = found.bias + sum(sign.share for sign in found.signs)
        assert 1 / (1 + exp(-odds)) == pytest.approx(found.confidence, abs=1e-3)
        assert [sign.name for sign in found.signs] == ["coverage", "names", "margin", "length", "cosine", "contrast"]


async def test_tells_what_the_search_was_held_to(index: KnowledgeIndex, embedder: Embedder) -> None:
    found = await ask(index, embedder, "What does shipping to Austria cost?", answer_above=0.4)
    assert found.limits is not None
    assert (found.limits.answer_above, found.limits.dense_weight) == (0.4, 0.6)
    words_alone = await ask(index, None, "What does shipping to Austria cost?")
    assert words_alone.limits is not None
    assert words_alone.limits.dense_weight == 0.0


async def test_every_sub_step_is_told_as_it_ends(index: KnowledgeIndex, embedder: Embedder) -> None:
    told: list[tuple[str, float]] = []
    retriever = Retriever(index, embedder, RetrievalSettings())
    found = await retriever.retrieve(
        "Shipping?",
        language="en",
        history=(),
        audiences=PUBLIC_ONLY,
        on_step=lambda step, took_s: told.append((step, took_s)),
    )
    assert [step for step, _ in told] == ["rewrite", "embed", "lexical", "dense", "fuse", "fuse"]
    assert sum(took_s for _, took_s in told) * 1000 == pytest.approx(sum(found.timings_ms.values()))
