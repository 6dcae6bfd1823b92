from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontdesk.domain.conversation import Message, Role
from frontdesk.domain.ids import ConversationId, MessageId
from frontdesk.turn.generation import fit_history
from frontdesk.turn.generation.history import estimate_tokens, extend_summary, facts_and_promises, with_facts

PROMISES = (
    "We will refund 45.90 EUR by Friday.",
    "I promise to call you back.",
    "Wir werden den Betrag erstatten.",
    "Vamos a enviarle una etiqueta nueva.",
    "A colleague will contact you tomorrow.",
)


def a_message(position: int, text: str, role: Role = "customer") -> Message:
    return Message(
        message_id=MessageId(f"msg_{position}"),
        conversation_id=ConversationId("conv_a"),
        turn_id=None,
        position=position,
        role=role,
        text=text,
        language="en",
        at=datetime(2026, 11, 20, tzinfo=UTC),
    )


def a_talk(length: int) -> list[Message]:
    return [
        a_message(
            number,
            f"This is small talk {'and more ' * number}and it goes on.",
            "customer" if number % 2 else "assistant",
        )
        for number in range(1, length + 1)
    ]


def test_a_short_conversation_is_kept_whole() -> None:
    history = fit_history(a_talk(4), budget_tokens=200)
    assert [turn.role for turn in history.turns] == ["customer", "assistant", "customer", "assistant"]
    assert (history.summary, history.summarised_until) == ("", 0)


def test_the_newest_messages_stay_and_the_rest_is_summarised() -> None:
    talk = [a_message(1, "My order is HP12345678. I like hiking."), *a_talk(8)[1:]]
    history = fit_history(talk, budget_tokens=100)
    assert history.turns[-1].text == talk[-1].text
    assert "customer: My order is HP12345678." in history.summary
    assert history.summarised_until == 8 - len(history.turns)


def test_what_is_summarised_is_not_told_twice() -> None:
    talk = a_talk(10)
    history = fit_history(talk, budget_tokens=500, summary="customer: My order is HP12345678.", summarised_until=8)
    assert [turn.text for turn in history.turns] == [message.text for message in talk[8:]]
    assert history.summary == "customer: My order is HP12345678."


@pytest.mark.parametrize("promise", PROMISES)
def test_promises_are_kept_word_for_word(promise: str) -> None:
    talk = [a_message(1, f"Thanks for waiting. {promise} Have a nice day.", "assistant"), *a_talk(30)[1:]]
    history = fit_history(talk, budget_tokens=150)
    assert f"assistant: {promise}" in history.summary.splitlines()


def test_topics_go_before_facts_and_facts_before_promises() -> None:
    talk = [
        a_message(1, "We will refund 45.90 EUR by Friday.", "assistant"),
        a_message(13, "My order is HP12345678."),
        *(a_message(number, f"My parcel number {number} weighs {number} kg.") for number in range(2, 12)),
        a_message(12, "I also like blue."),
    ]
    summary = extend_summary("", talk, max_tokens=40).splitlines()
    assert summary[:2] == ["assistant: We will refund 45.90 EUR by Friday.", "customer: My order is HP12345678."]
    assert "customer: I also like blue." not in summary
    assert summary[-1] == "customer: My parcel number 11 weighs 11 kg."


def test_a_summary_by_a_model_gets_back_the_facts_it_lost() -> None:
    facts = facts_and_promises(
        [a_message(1, "My order is HP12345678. Hello."), a_message(2, "We will call.", "operator")]
    )
    assert with_facts("A customer asks about order HP1234.", facts).splitlines() == [
        "A customer asks about order HP1234.",
        "customer: My order is HP12345678.",
        "operator: We will call.",
    ]
    told = "My order is HP12345678. We will call."
    assert with_facts(told, facts) == told


def test_one_huge_message_is_cut_to_the_budget() -> None:
    history = fit_history([a_message(1, "word " * 5000)], budget_tokens=300)
    assert estimate_tokens(history.turns[0].text) <= 200


@given(
    lengths=st.lists(st.integers(1, 400), max_size=30),
    budget=st.integers(60, 600),
    first=st.integers(0, 10),
)
def test_history_and_summary_fit_the_budget_and_miss_no_message(lengths: list[int], budget: int, first: int) -> None:
    talk = [a_message(number, "ab 1. " * (length // 6 + 1)) for number, length in enumerate(lengths, start=1)]
    history = fit_history(talk, budget_tokens=budget, summarised_until=first)
    used = sum(estimate_tokens(turn.text) for turn in history.turns) + (
        estimate_tokens(history.summary) if history.summary else 0
    )
    assert used <= budget + 1
    assert len(history.turns) + min(history.summarised_until, len(talk)) == len(talk)
