"""Turns that ended because of what the search found."""

import re
from collections.abc import Mapping, Sequence

from frontdesk.domain.turn import Stage
from frontdesk.text.tokens import content_stems, is_stopword, stem, words
from frontdesk.turn.diagnosis.diagnosis import Diagnosis
from frontdesk.turn.diagnosis.trace import Fields, Trace, listed, percent, quoted

TYPICAL: Mapping[str, float] = {"coverage": 0.73, "names": 0.0, "margin": 0.43, "cosine": 0.67, "contrast": 0.5}
"""Median signs of the demo's questions that are answered; what a sign lacks is counted from here."""
_TELLING = 0.3
"""Log odds below the typical from which a sign is named; a guess."""
_SIGNS = {
    "coverage": "the best passage holds {value:.0%} of what the question asks",
    "names": "a name or number of the question, {value:.0%} of it, is in no passage",
    "margin": "no passage stands out from the others",
    "cosine": "the closest passage is far in meaning (cosine {value:.2f})",
    "contrast": "the closest passage is hardly closer in meaning than any other",
}
_MOST_WORDS = 8
_MASK = re.compile(r"\[[a-z -]{2,30} removed\]|\[removed\]")
"""What stands where the guard took something out; nobody asked for that."""


def explain_search(trace: Trace) -> Diagnosis | None:
    """A question that the search did not answer, whatever the policy then said."""
    found = trace.part("retrieval")
    if not found:
        return _failed() if "retrieval_unavailable" in trace.degraded else None
    if trace.rows("sentences") or trace.answers or (trace.passages and found.get("level") != "low"):
        return None
    also = _policy(trace)
    if set(trace.words("narrowed_from")) > set(found.get("audiences") or ()):
        return _narrowed(trace, also)
    return _low(trace, also) if trace.passages else _nothing(trace, also)


def _failed() -> Diagnosis:
    return Diagnosis(
        stage=Stage.RETRIEVE,
        cause="search_failed",
        severity="problem",
        headline="The search failed.",
        detail="Neither leg could run, so the policy for unanswered questions decided.",
        remedy="See the log for `retrieve_failed`, and `frontdesk doctor` for the snapshot.",
    )


def _narrowed(trace: Trace, also: tuple[str, ...]) -> Diagnosis:
    findings = trace.verdict_in.get("findings") or ()
    question = trace.text("question")
    orders = [quoted(question[item["start"] : item["end"]]) for item in findings if item["kind"] == "injection"]
    return Diagnosis(
        stage=Stage.IDENTITY,
        cause="rights_narrowed",
        severity="notice",
        headline="The customer's own rights did not count for this message.",
        detail=f"It reads as orders to the model{': ' + listed(orders) if orders else ''}. The customer may see "
        f"{listed(trace.words('narrowed_from'))}, and only {listed(trace.part('retrieval')['audiences'])} was searched.",
        remedy="If it gives no orders, change the rule's action under `inbound_rules` in guards.yaml.",
        also=also,
    )


def _nothing(trace: Trace, also: tuple[str, ...]) -> Diagnosis:
    query = trace.part("retrieval")["query"]
    return Diagnosis(
        stage=Stage.RETRIEVE,
        cause="nothing_found",
        severity="notice",
        headline="Nothing was found.",
        detail=f"No document shares anything with {quoted(query['text'])}. {_filter(trace)}".strip(),
        remedy="Write an article, or add the customer's words to `synonyms` in retrieval.yaml.",
        also=also,
    )


def _low(trace: Trace, also: tuple[str, ...]) -> Diagnosis:
    found = trace.part("retrieval")
    needed = trace.limits.get("answer_above")
    threshold = "" if needed is None else f"; {percent(needed)} is needed"
    best = trace.passages[0]
    detail = [
        *([f"What holds it down: {listed(reasons)}."] if (reasons := weak_signs(trace)) else []),
        what_is_missing(found["query"], trace.passages),
        f"The best passage is from {quoted(str(best['title']))}.",
        _filter(trace),
    ]
    return Diagnosis(
        stage=Stage.RETRIEVE,
        cause="low_confidence",
        severity="notice",
        headline=f"What was found answers with a chance of {percent(found['confidence'])}{threshold}.",
        detail=" ".join(filter(None, detail)),
        remedy="If a passage does answer, add the customer's words to `synonyms` in retrieval.yaml or to the article; "
        "if none does, write one.",
        also=also,
    )


def weak_signs(trace: Trace) -> list[str]:
    """What keeps the confidence low, the heaviest first, in words."""
    lacking = [
        (sign["weight"] * (TYPICAL[sign["name"]] - sign["value"]), sign)
        for sign in trace.part("retrieval").get("signs") or ()
        if sign["name"] in TYPICAL
    ]
    heaviest = sorted((item for item in lacking if item[0] >= _TELLING), key=lambda item: -item[0])
    return [_SIGNS[sign["name"]].format(value=sign["value"]) for _, sign in heaviest]


def what_is_missing(query: Fields, passages: Sequence[Fields]) -> str:
    """The words of the question that no passage has, else those that the best one for them lacks; empty where it has all."""
    language = str(query.get("language", ""))
    stems = [_stems_of(passage, language) for passage in passages]
    if gone := _words_beyond(query, frozenset[str]().union(*stems)):
        return f"In no passage: {', '.join(gone)}."
    apart = min((_words_beyond(query, there) for there in stems), key=len, default=[])
    return f"No passage has everything together; the best one lacks: {', '.join(apart)}." if apart else ""


def _stems_of(passage: Fields, language: str) -> frozenset[str]:
    text = " ".join([passage["text"], *passage["breadcrumb"]])
    return frozenset(content_stems(text, passage["language"] or language))


def _words_beyond(query: Fields, there: frozenset[str]) -> list[str]:
    """Content words of the question that are not there, nor another word for them."""
    language = str(query.get("language", ""))
    reworded = {
        word.casefold()
        for item in query.get("rewordings") or ()
        if any(set(content_stems(phrase, language)) <= there for phrase in item["meant"])
        for word in item["said"]
    }
    asked = [token.text for token in words(_MASK.sub(" ", str(query["text"]))) if not is_stopword(token.text, language)]
    gone = (word for word in asked if stem(word, language) not in there and word.casefold() not in reworded)
    return list(dict.fromkeys(gone))[:_MOST_WORDS]


def _filter(trace: Trace) -> str:
    audiences = trace.part("retrieval").get("audiences")
    return f"Only documents for {listed(audiences)} were searched." if audiences else ""


def _policy(trace: Trace) -> tuple[str, ...]:
    """What was decided then, where it was not the plain refusal."""
    last = trace.routes[-1] if len(trace.routes) > 1 else {}
    return (str(last["why"]),) if last.get("topic") or last.get("escalation") else ()
