"""Each rule of the fault drill on forged findings: it holds for a good one, and finds what is wrong with a bad one."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from frontdesk.drills.faults import rules
from frontdesk.drills.faults.scene import Findings, Rule, Usual
from frontdesk.drills.visitor import Heard, Visitor
from frontdesk.simulators.vendor import VendorRequest

QUESTION = "How long can I return items?"
USUAL = Usual(first_text_s=0.1, total_s=0.2, slow_first_text_s=0.15, slow_total_s=0.3)
EPOCH_S = 1000.0


def an_event(seq: int, kind: str, at_s: float, **data: Any) -> Heard:
    return Heard(seq=seq, kind=kind, data=json.dumps(data), frame="", at_s=at_s, place="")


def a_visit(
    *sentences: str, number: int = 1, starts_s: float = 0.0, first_s: float = 0.1, ends_s: float = 0.2, **final: Any
) -> Visitor:
    """Somebody who heard these sentences; `|` stands for a reset."""
    visit = Visitor(urls=("",), question=QUESTION, conversation_id=f"conv_{number}", sent_at_s=starts_s)
    visit.heard.append(an_event(1, "turn.accepted", starts_s))
    for seq, sentence in enumerate(sentences, start=2):
        kind = "turn.reset" if sentence == "|" else "answer.sentence"
        separator = "" if seq == 2 or sentences[seq - 3] == "|" else " "
        visit.heard.append(an_event(seq, kind, starts_s + first_s, text=sentence, separator=separator))
    body = {"outcome": "answered", "text": visit.told, "degraded": [], **final}
    visit.heard.append(an_event(len(sentences) + 2, "answer.completed", starts_s + ends_s, **body))
    return visit


def a_request(*, at_s: float = 0.01, text: str = "You have 30 days.", **changes: Any) -> VendorRequest:
    request = VendorRequest(
        number=1,
        api="openai",
        model="fault",
        does="fault",
        at_s=EPOCH_S + at_s,
        first_byte_s=0.0,
        took_s=0.1,
        status=200,
        how="whole",
        tokens_sent=5,
        bytes_sent=100,
        prompt_tokens=100,
        max_tokens=400,
        messages=2,
        is_stream=True,
        wants_json=False,
        task="answer",
        system="a",
        asked="",
        tokens=5,
        text=text,
        headers={},
    )
    return replace(request, **changes)


def findings(*visits: Visitor, primary: Sequence[VendorRequest] = (), **changes: Any) -> Findings:
    found = Findings(
        visits=visits,
        before=(),
        lost=[visit for visit in visits if not visit.is_done],
        primary=primary,
        fallback=(),
        usual={QUESTION: USUAL},
        kept={visit.conversation_id: visit.told for visit in visits},
        occurrences=("breaker.opened",),
        epoch_s=EPOCH_S,
        is_alive=True,
    )
    return replace(found, **changes)


GOOD = a_visit("You have 30 days.")
SILENT = Visitor(urls=("",), question=QUESTION)
TWO = (a_request(at_s=0.01, text="You have 30 days."), a_request(at_s=0.02, text="Labels are free of charge."))
SMALLER = (a_request(at_s=0.01), a_request(at_s=0.02, prompt_tokens=60))

CASES: list[tuple[str, Rule, Findings, Findings, str]] = [
    ("an end is missing", rules.ended("answered"), findings(GOOD), findings(GOOD, SILENT), "never heard an end"),
    (
        "another end",
        rules.ended("answered"),
        findings(GOOD),
        findings(a_visit(outcome="failed", text="Sorry.")),
        "ended as failed",
    ),
    (
        "glued to a void part",
        rules.told_once,
        findings(GOOD),
        findings(a_visit("Half", text="Whole.")),
        "not the answer",
    ),
    ("another one is kept", rules.told_once, findings(GOOD), findings(GOOD, kept={"conv_1": "Other."}), "another one"),
    (
        "two authors",
        rules.one_author,
        findings(GOOD, primary=TWO),
        findings(a_visit("You have 30 days.", "Labels are free of charge."), primary=TWO),
        "two models",
    ),
    (
        "half a sentence",
        rules.whole_sentences,
        findings(GOOD),
        findings(a_visit("You have 30")),
        "stops in the middle",
    ),
    (
        "a broken author",
        rules.from_a_whole_reply,
        findings(GOOD, primary=TWO),
        findings(GOOD, primary=[a_request(tokens_sent=3)]),
        "broken off",
    ),
    (
        "too many requests",
        rules.asked_at_most(1),
        findings(GOOD, primary=TWO[:1]),
        findings(GOOD, primary=TWO),
        "2 times",
    ),
    (
        "a retry",
        rules.asked_at_most_a_turn(1),
        findings(GOOD, primary=TWO[:1]),
        findings(GOOD, primary=TWO),
        "one turn asked",
    ),
    (
        "not smaller",
        rules.asked_again_smaller,
        findings(GOOD, primary=SMALLER),
        findings(GOOD, primary=TWO),
        "not smaller",
    ),
    (
        "other instructions",
        rules.asked_again_smaller,
        findings(GOOD, primary=SMALLER),
        findings(GOOD, primary=(SMALLER[0], replace(SMALLER[1], system="b"))),
        "other instructions",
    ),
    (
        "not repeated at all",
        rules.asked_again_smaller,
        findings(GOOD, primary=SMALLER),
        findings(GOOD, primary=SMALLER[:1]),
        "no request came once more",
    ),
    (
        "a needless fallback",
        rules.first_vendor_wrote,
        findings(GOOD),
        findings(GOOD, fallback=TWO[:1]),
        "second vendor was asked",
    ),
    (
        "a refusal carried on",
        rules.nobody_else_asked,
        findings(GOOD),
        findings(GOOD, fallback=TWO[:1]),
        "another vendor",
    ),
    (
        "asked thrice",
        rules.asked_again_smaller,
        findings(GOOD, primary=SMALLER),
        findings(GOOD, primary=(*SMALLER, SMALLER[1])),
        "3 times",
    ),
    (
        "wrote nothing",
        rules.first_vendor_came_through,
        findings(GOOD, primary=SMALLER),
        findings(GOOD, primary=[a_request(how="refused")]),
        "wrote nothing",
    ),
    ("asked in vain", rules.never_asked("fault"), findings(GOOD), findings(GOOD, primary=TWO[:1]), "in vain"),
    (
        "words in a mouth",
        rules.second_vendor_began_afresh,
        findings(GOOD, fallback=TWO),
        findings(GOOD, fallback=[a_request(status=400)]),
        "refused 1 of 1",
    ),
    (
        "a late first text",
        rules.first_text_within(1.0),
        findings(GOOD),
        findings(a_visit("You have 30 days.", first_s=1.5, ends_s=1.6)),
        "took 1.50 s",
    ),
    (
        "added time",
        rules.added_within(0.5),
        findings(GOOD),
        findings(a_visit("You have 30 days.", first_s=0.9, ends_s=1.0)),
        "0.75 s later",
    ),
    (
        "added time though it was passed over",
        rules.added_when_passed_over(0.3),
        findings(GOOD),
        findings(a_visit("You have 30 days.", first_s=0.9, ends_s=1.0)),
        "left alone",
    ),
    (
        "never passed over",
        rules.added_when_passed_over(0.3),
        findings(GOOD),
        findings(GOOD, primary=TWO[:1]),
        "in every turn",
    ),
    (
        "a long turn",
        rules.total_within(1.0),
        findings(GOOD),
        findings(a_visit("All.", ends_s=2.0)),
        "longer than usual",
    ),
    (
        "a pause that was not kept",
        rules.pauses_kept(1.0, 3.0),
        findings(GOOD, primary=[a_request(at_s=at) for at in (0.0, 1.1, 4.2)]),
        findings(GOOD, primary=[a_request(at_s=at) for at in (0.0, 1.1, 2.2)]),
        "had asked for 3 s",
    ),
    (
        "never asked again",
        rules.pauses_kept(1.0),
        findings(GOOD, primary=[a_request(at_s=at) for at in (0.0, 1.1)]),
        findings(GOOD, primary=TWO[:1]),
        "never asked again",
    ),
    (
        "a storm that goes on",
        rules.attempts_a_turn(1.1, after=0.5),
        findings(GOOD, a_visit("All.", number=2, starts_s=1.0), primary=TWO),
        findings(GOOD, a_visit("All.", number=2, starts_s=1.0), primary=[a_request(at_s=at) for at in (1.1, 1.2)]),
        "2.00 requests a turn",
    ),
    (
        "too many probes",
        rules.probes_within(opening=1, every_s=15, sick=((0, 20),)),
        findings(GOOD, primary=[a_request(at_s=at) for at in (0.0, 16.0)]),
        findings(GOOD, primary=[a_request(at_s=at) for at in (0.0, 1.0, 2.0)]),
        "while it was sick",
    ),
    (
        "never back",
        rules.back_within(30, healthy_from_s=45),
        findings(GOOD, primary=[a_request(at_s=50)]),
        findings(GOOD, primary=[a_request(at_s=10)]),
        "never asked again",
    ),
    (
        "late back",
        rules.back_within(30, healthy_from_s=45),
        findings(GOOD, primary=[a_request(at_s=50)]),
        findings(GOOD, primary=[a_request(at_s=80)]),
        "35 s",
    ),
    ("nobody told", rules.noted("breaker.opened"), findings(GOOD), findings(GOOD, occurrences=()), "nobody was told"),
    (
        "two repairs of one",
        rules.repaired_at_most_once,
        findings(GOOD, fallback=[a_request(wants_json=True), a_request(wants_json=True, messages=4)]),
        findings(GOOD, fallback=[a_request(wants_json=True), *[a_request(wants_json=True, messages=4)] * 2]),
        "2 repairs of 1",
    ),
    (
        "a verdict that could not be read",
        rules.judged_in_vain_is_not_told,
        findings(GOOD, fallback=[a_request(wants_json=True, asked="Question?\n\nThe sentence: Labels are free.")]),
        findings(GOOD, fallback=[a_request(wants_json=True, asked="The sentence: You have 30 days. [1]")]),
        "could not be read: You have 30 days.",
    ),
    (
        "nothing was judged",
        rules.judged_in_vain_is_not_told,
        findings(GOOD, fallback=[a_request(wants_json=True, asked="The sentence: Labels are free.")]),
        findings(GOOD, fallback=[a_request()]),
        "nothing was shown",
    ),
    (
        "no object asked for",
        rules.repaired_at_most_once,
        findings(fallback=[a_request(wants_json=True)]),
        findings(),
        "nobody",
    ),
]


@pytest.mark.parametrize(("rule", "good", "bad", "says"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_rule_holds_for_what_is_right_and_finds_what_is_wrong(
    rule: Rule, good: Findings, bad: Findings, says: str
) -> None:
    assert rule(good) == ""
    assert says in rule(bad)


def test_an_event_that_came_twice_is_found() -> None:
    visit = a_visit("You have 30 days.")
    visit.heard.insert(1, visit.heard[0])
    assert "twice" in rules.told_once(findings(visit, kept={}))


def test_a_machine_that_was_as_slow_before_the_fault_is_not_the_faults() -> None:
    late = a_visit("You have 30 days.", first_s=0.9, ends_s=1.0)
    assert rules.added_within(0.5)(findings(late)) != ""
    assert rules.added_within(0.5)(findings(late, before=(a_visit("You have 30 days.", first_s=0.6),))) == ""
