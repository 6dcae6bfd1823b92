"""What the demo offers to ask is answered, in every language, also where nothing is searched by meaning."""

from pathlib import Path

import pytest

from frontdesk.releases import read_assistant
from shop import DEMO, a_shop

STARTERS = [
    (language, question)
    for language, questions in read_assistant(DEMO).profile.starters.items()
    for question in questions
]


@pytest.fixture(params=["none", "builtin"])
def embedder(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


async def test_every_starter_is_answered_with_a_citation(embedder: str, request: pytest.FixtureRequest) -> None:
    data_dir: Path = request.getfixturevalue("demo_words" if embedder == "none" else "demo_knowledge")
    misses = []
    async with a_shop(data_dir, embedder=embedder) as shop:
        for language, question in STARTERS:
            reply = await shop.ask(await shop.conversation(locale=language), question)
            is_cited = any(f"/{language}/" in citation["url"] for citation in reply.citations)
            if reply.outcome != "answered" or not is_cited:
                misses.append((question, reply.outcome, reply.documents, reply.text))
    assert misses == []


def test_four_are_offered_in_each_language() -> None:
    profile = read_assistant(DEMO).profile
    assert {language: len(questions) for language, questions in profile.starters.items()} == dict.fromkeys(
        profile.languages, 4
    )
