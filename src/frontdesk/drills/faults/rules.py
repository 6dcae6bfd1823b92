"""What must hold: read from what customers heard, what is kept, and the vendors' own logs; never from our own opinion."""

import re
from collections.abc import Sequence
from itertools import pairwise

from frontdesk.domain.events import AnswerSentence, TurnReset
from frontdesk.drills.faults.scene import Findings, Rule
from frontdesk.drills.visitor import Visitor

_MARKER = re.compile(r"\s*\[\d+\]")
_SPACE = re.compile(r"\s+")
_QUOTED = "extractive_fallback"
_JUDGED = "The sentence: "
_WHOLE = re.compile(r"[.!?:…»”\"')\]]\s*\Z")
SOON_S = 0.05
"""Clocks of two processes, and a request under way."""


def ended(*outcomes: str) -> Rule:
    """Everybody heard an end, and it was one of these."""

    def rule(found: Findings) -> str:
        if found.lost:
            return f"{len(found.lost)} of {len(found.visits)} never heard an end"
        others = sorted({str(visit.final["outcome"]) for visit in found.done} - set(outcomes))
        return f"ended as {', '.join(others)}" if others else ""

    return rule


def told_once(found: Findings) -> str:
    """What was told is what is kept, and nothing stands beside it."""
    for visit in found.done:
        final = str(visit.final["text"])
        if visit.told and visit.told != final:
            return "the sentences that were told are not the answer that ended the turn"
        if found.kept.get(visit.conversation_id, final) != final:
            return "the answer that is kept is another one"
        numbers = [event.seq for event in visit.heard]
        if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
            return "an event is missing, or came twice"
    return ""


def one_author(found: Findings) -> str:
    """No answer is put together from the words of two requests."""
    texts = [_plain(request.text) for request in (*found.primary, *found.fallback) if request.text]
    for visit in found.done:
        if _QUOTED in visit.final.get("degraded", ()):
            continue
        known = [sentence for sentence in _sentences(visit) if _is_of_a_vendor(sentence, found)]
        if known and not any(all(sentence in text for sentence in known) for text in texts):
            return f"an answer has sentences of two models: {' | '.join(known)[:300]}"
    return ""


def from_a_whole_reply(found: Findings) -> str:
    """No answer stands on a reply that was broken off."""
    replies = [request for request in (*found.primary, *found.fallback) if request.tokens_sent >= request.tokens > 0]
    texts = [_plain(request.text) for request in replies]
    for visit in found.done:
        if _QUOTED in visit.final.get("degraded", ()):
            continue
        known = [sentence for sentence in _sentences(visit) if _is_of_a_vendor(sentence, found)]
        if known and not any(all(sentence in text for sentence in known) for text in texts):
            return f"an answer stands on a reply that was broken off: {' | '.join(known)[:300]}"
    return ""


def whole_sentences(found: Findings) -> str:
    """No answer stops in the middle of a sentence."""
    broken = [visit.final["text"] for visit in found.done if not _WHOLE.search(_MARKER.sub("", visit.final["text"]))]
    return f"an answer stops in the middle: …{broken[0][-80:]}" if broken else ""


def asked_at_most(times: int) -> Rule:
    """So many requests for an answer reached the first vendor, however many turns there were."""

    def rule(found: Findings) -> str:
        count = len(found.answers)
        return f"the first vendor was asked {count} times, at most {times} were allowed" if count > times else ""

    return rule


def asked_at_most_a_turn(times: int) -> Rule:
    """So many requests of one turn reached the first vendor."""

    def rule(found: Findings) -> str:
        most = max((len(found.asked_during(visit)) for visit in found.done), default=0)
        return f"one turn asked the first vendor {most} times, at most {times} were allowed" if most > times else ""

    return rule


def asked_again_smaller(found: Findings) -> str:
    """A request that was too long came at most once more, smaller, with the same instructions; and one did."""
    repeated = [asked for visit in found.done if len(asked := found.asked_during(visit)) > 1]
    for first, second, *more in repeated:
        if more:
            return f"one turn asked {2 + len(more)} times"
        if second.prompt_tokens >= first.prompt_tokens:
            return f"the second request was not smaller: {first.prompt_tokens} and then {second.prompt_tokens} tokens"
        if second.system != first.system:
            return "the second request came with other instructions"
    return "" if repeated else "no request came once more, smaller"


def first_vendor_came_through(found: Findings) -> str:
    """In the end it wrote an answer itself."""
    return "" if any(request.how == "whole" for request in found.answers) else "the first vendor wrote nothing"


def first_vendor_wrote(found: Findings) -> str:
    """The fault cost no fallback."""
    used = [request for request in found.fallback if request.task == "answer"]
    return f"the second vendor was asked {len(used)} times" if used else ""


def nobody_else_asked(found: Findings) -> str:
    """A refusal of content is not taken to another vendor."""
    return f"another vendor was asked {len(found.fallback)} times" if found.fallback else ""


def never_asked(model: str) -> Rule:
    """It cannot do what is needed, so it is not even asked."""

    def rule(found: Findings) -> str:
        asked = [request for request in found.primary if request.model == model]
        return f"{model} was asked {len(asked)} times in vain" if asked else ""

    return rule


def second_vendor_began_afresh(found: Findings) -> str:
    """It wrote whole answers, asked by requests that put no words into its mouth."""
    refused = [request for request in found.fallback if request.status != 200]
    if refused or not found.fallback:
        return f"the second vendor refused {len(refused)} of {len(found.fallback)} requests"
    return ""


def first_text_within(seconds: float) -> Rule:
    """Every first confirmed text came so soon."""

    def rule(found: Findings) -> str:
        slowest = max((visit.first_text_s or visit.total_s for visit in found.done), default=0.0)
        return f"a first text took {slowest:.2f} s, {seconds:.2f} s were allowed" if slowest > seconds else ""

    return rule


def added_within(seconds: float) -> Rule:
    """The first text came at most so much later than the slowest healthy one, in every turn."""

    def rule(found: Findings) -> str:
        return _late(found, found.done, seconds, "")

    return rule


def added_when_passed_over(seconds: float) -> Rule:
    """Once the first vendor is left alone, its fault costs hardly any time; and some turn must have shown that."""

    def rule(found: Findings) -> str:
        spared = found.passed_over()
        if not spared:
            return "the first vendor was asked in every turn"
        return _late(found, spared, seconds, ", while the first vendor was left alone")

    return rule


def total_within(seconds: float) -> Rule:
    """Every turn ended at most so much later than usual."""

    def rule(found: Findings) -> str:
        most = max((found.late_end_s(visit) for visit in found.done), default=0.0)
        return f"a turn took {most:.2f} s longer than usual, {seconds:.2f} s were allowed" if most > seconds else ""

    return rule


def pauses_kept(*waits_s: float) -> Rule:
    """After its n-th refusal the first vendor was left alone for as long as it asked; the last wait holds on."""

    def rule(found: Findings) -> str:
        asked = found.answers
        if len(asked) < 2:
            return "the first vendor was never asked again"
        for place, (before, after) in enumerate(pairwise(asked)):
            wait_s = waits_s[min(place, len(waits_s) - 1)]
            gap_s = after.at_s - before.at_s
            if gap_s < wait_s - SOON_S:
                return f"asked again after {gap_s:.2f} s, where the vendor had asked for {wait_s:g} s"
        return ""

    return rule


def attempts_a_turn(most: float, *, after: float) -> Rule:
    """Requests to both vendors per turn, once a first share of the turns has opened the breakers."""

    def rule(found: Findings) -> str:
        later = found.visits[int(len(found.visits) * after) :]
        start = min(visit.sent_at_s for visit in later) + found.epoch_s
        asked = [request for request in (*found.primary, *found.fallback) if request.at_s >= start]
        share = len(asked) / len(later)
        return f"{share:.2f} requests a turn, at most {most} were allowed" if share > most else ""

    return rule


def probes_within(*, opening: int, every_s: float, sick: Sequence[tuple[float, float]]) -> Rule:
    """While it is sick, the first vendor is asked until the breaker opens, and then at most once in `every_s`.

    Args:
        sick: from and to, in seconds since the first turn.
    """

    def rule(found: Findings) -> str:
        start = found.visits[0].sent_at_s + found.epoch_s
        for begin, end in sick:
            asked = [request for request in found.answers if begin <= request.at_s - start < end]
            allowed = opening + int((end - begin) / every_s)
            if len(asked) > allowed:
                return f"asked {len(asked)} times while it was sick for {end - begin:.0f} s, {allowed} were allowed"
        return ""

    return rule


def back_within(seconds: float, *, healthy_from_s: float) -> Rule:
    """The first vendor writes again so soon after it has recovered for good."""

    def rule(found: Findings) -> str:
        start = found.visits[0].sent_at_s + found.epoch_s + healthy_from_s
        served = [request.at_s - start for request in found.answers if request.at_s >= start and request.how == "whole"]
        if not served:
            return "the first vendor was never asked again after it had recovered"
        return f"it was back after {min(served):.0f} s, {seconds:.0f} s were allowed" if min(served) > seconds else ""

    return rule


def noted(kind: str) -> Rule:
    """The people in charge were told."""

    def rule(found: Findings) -> str:
        return "" if kind in found.occurrences else f"nobody was told of it as {kind}"

    return rule


def repaired_at_most_once(found: Findings) -> str:
    """Of the requests for an object of a schema, at most one in two repairs another; and there were some."""
    asked = [request for request in found.fallback if request.wants_json]
    if not asked:
        return "nobody was asked for an object, so nothing was shown"
    least = min(request.messages for request in asked)
    repairs = sum(request.messages > least for request in asked)
    firsts = len(asked) - repairs
    return f"{repairs} repairs of {firsts} requests" if repairs > firsts else ""


def judged_in_vain_is_not_told(found: Findings) -> str:
    """A sentence whose verdict could not be read stayed with us; and there were some."""
    judged = [request for request in found.fallback if request.wants_json and _JUDGED in request.asked]
    if not judged:
        return "no sentence was doubtful enough to be judged, so nothing was shown"
    unread = {_plain(request.asked.rpartition(_JUDGED)[2]) for request in judged}
    told = [sentence for visit in found.done for sentence in _sentences(visit) if sentence in unread]
    return f"it was told although its verdict could not be read: {told[0]}" if told else ""


def _late(found: Findings, visits: Sequence[Visitor], seconds: float, when: str) -> str:
    slowest = max((found.late_s(visit) for visit in visits), default=0.0)
    return f"a first text came {slowest:.2f} s later{when}, {seconds:.2f} s were allowed" if slowest > seconds else ""


def _sentences(visit: Visitor) -> list[str]:
    """The confirmed sentences since the last reset, without their markers."""
    told: list[str] = []
    for event in visit.heard:
        if event.kind == TurnReset.kind:
            told.clear()
        elif event.kind == AnswerSentence.kind:
            told.append(_plain(event.body["text"]))
    return [sentence for sentence in told if sentence]


def _is_of_a_vendor(sentence: str, found: Findings) -> bool:
    """Not one of the assistant's own prepared ones."""
    return any(sentence in _plain(request.text) for request in (*found.primary, *found.fallback))


def _plain(text: str) -> str:
    return _SPACE.sub(" ", _MARKER.sub("", text)).strip()
