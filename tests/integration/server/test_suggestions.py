"""Questions to go on with, over HTTP before the demo shop."""

from typing import Any

import pytest

REFUND = "How long does a refund take on a credit card?"


async def suggested(house: Any, path: str, headers: dict[str, str], turn: dict[str, Any]) -> list[dict[str, str]]:
    response = await house.client.get(f"{path}/turns/{turn['turn_id']}/suggestions", headers=headers)
    assert response.status_code == 200, response.text
    items: list[dict[str, str]] = response.json()["items"]
    return items


@pytest.mark.parametrize(
    ("question", "locale"),
    [
        (REFUND, "en"),
        ("Can I return boots I have worn?", "en"),
        ("What does standard delivery to Norway cost?", "en"),
        ("¿Cuándo caduca una tarjeta regalo?", "es"),
        ("Wie lange ist ein Gutschein gültig?", "de"),
    ],
)
async def test_every_question_that_is_offered_is_answered_from_the_section_it_names(
    house: Any, question: str, locale: str
) -> None:
    offered = 1
    for number in range(3):
        opened = (await house.client.post("/v1/conversations", json={"locale": locale})).json()
        path = f"/v1/conversations/{opened['conversation_id']}"
        headers = {"Authorization": f"Bearer {opened['token']}"}
        items = await suggested(house, path, headers, await house.say(path, headers, question, "k1"))
        offered = len(items)
        assert 1 <= offered <= 3
        assert len({item["label"] for item in items}) == offered
        if number == offered:
            break
        answer = await house.say(path, headers, items[number]["text"], "k2")
        assert answer["outcome"] == "answered", items[number]
        assert any(citation["title"] in items[number]["text"] for citation in answer["citations"]), items[number]


async def test_nothing_is_offered_after_a_question_without_an_answer(house: Any) -> None:
    path, headers = await house.open_conversation()
    for number, question in enumerate(("Which team won the match?", "Hello", "I want to talk to a person", REFUND)):
        turn = await house.say(path, headers, question, f"k{number}")
        assert turn["outcome"] in ("refused", "answered", "escalated")
        assert await suggested(house, path, headers, turn) == [], question


async def test_what_was_chosen_is_not_offered_again(house: Any) -> None:
    path, headers = await house.open_conversation()
    turn = await house.say(path, headers, REFUND, "k0")
    chosen: set[str] = set()
    for number in range(1, 4):
        items = await suggested(house, path, headers, turn)
        assert not chosen & {item["text"] for item in items}
        if not items:
            break
        chosen.add(items[0]["text"])
        turn = await house.say(path, headers, items[0]["text"], f"k{number}")
    assert chosen


async def test_is_made_once_for_an_answer_and_kept(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path, headers = await house.open_conversation()
    turn = await house.say(path, headers, REFUND, "k0")
    first = await suggested(house, path, headers, turn)
    assert first

    def broken(*_: Any) -> None:
        raise AssertionError("searched again")

    monkeypatch.setattr("frontdesk.server.api.suggestions.suggest", broken)
    assert await suggested(house, path, headers, turn) == first


async def test_what_was_cut_short_is_tried_again(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("frontdesk.turn.suggestions.BUDGET_S", -1.0)
    path, headers = await house.open_conversation()
    turn = await house.say(path, headers, REFUND, "k0")
    assert await suggested(house, path, headers, turn) == []
    monkeypatch.undo()
    assert await suggested(house, path, headers, turn)


async def test_a_fork_goes_on_from_what_it_took_over(house: Any) -> None:
    path, headers = await house.open_conversation()
    turn = await house.say(path, headers, REFUND, "k0")
    forked = (await house.client.post(f"{path}/fork", headers=headers)).json()
    fork = f"/v1/conversations/{forked['conversation_id']}"
    own = {"Authorization": f"Bearer {forked['token']}"}
    assert await suggested(house, fork, own, turn) == await suggested(house, path, headers, turn)


async def test_the_turn_of_another_conversation_is_not_found(house: Any) -> None:
    path, headers = await house.open_conversation()
    turn = await house.say(path, headers, REFUND, "k0")
    other, stranger = await house.open_conversation()
    for where, turn_id in (
        (other, turn["turn_id"]),
        (path, turn["turn_id"]),
        (other, "turn_none"),
        (other, "nonsense"),
    ):
        response = await house.client.get(f"{where}/turns/{turn_id}/suggestions", headers=stranger)
        assert response.status_code == 404
