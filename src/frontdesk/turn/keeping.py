"""Which answers may be kept: those that depend on nothing but what the key of the cache holds.

First messages of which no guard found anything, of people whom no document of the knowledge is about; answered with
confidence and with sources, by the first model of the ladder, and nothing of it withheld.
"""

from dataclasses import replace

from frontdesk.domain.conversation import Principal
from frontdesk.domain.safety import GuardAction, Verdict
from frontdesk.domain.turn import Answer, OpenTurn, Outcome, TurnContext, TurnRecord
from frontdesk.text.hashing import content_hash
from frontdesk.turn.cache import AnswerKey, KeptAnswer
from frontdesk.turn.serving import ServedRelease

OF_ONE_PERSON = "customer:"
"""How the audience of one person begins."""
NEVER_KEPT = frozenset({"frontdesk", "python"})
"""Vendors of what is computed here. Quoting passages again costs less than to remember what was quoted; one's own
function may go by more than a key holds, such as the time of day."""
_ENDING = " \t\n?!.…。？！"


def key_of(turn: OpenTurn, context: TurnContext, release: ServedRelease, verdict: Verdict) -> AnswerKey | None:
    """Under what the turn's answer may be kept and looked for; None where it may not.

    Args:
        verdict: of the guard on the message.
    """
    if turn.attachments or _has_past(context) or not _is_clean(verdict, turn.text):
        return None
    audiences = shared_audiences(context.principal, release)
    if audiences is None:
        return None
    return AnswerKey(
        release_id=release.manifest.release_id,
        snapshot_id=release.manifest.snapshot_id,
        overlay=release.overlay.version,
        guards=release.manifest.components.get("guards", ""),
        audiences=audiences,
        language=turn.language,
        channel=release.content.profile.settings_of(turn.channel),
        question=content_hash([same_question(turn.text)]),
    )


def shared_audiences(principal: Principal, release: ServedRelease) -> tuple[str, ...] | None:
    """What of the knowledge the customer may see, as labels; None where a part of it is about one person.

    A label that no document has changes no answer, so a proved customer of whom the knowledge says nothing shares
    answers with others of the same segments.
    """
    known = release.retriever.index.manifest.audiences
    seen = tuple(label for label in principal.audiences if label in known)
    return None if any(label.startswith(OF_ONE_PERSON) for label in seen) else seen


def same_question(text: str) -> str:
    """The question without what says nothing: blanks, the mark at its end, and how large it begins.

    Other capitals stay: they tell names from words.
    """
    plain = " ".join(text.split()).rstrip(_ENDING)
    return plain[:1].lower() + plain[1:]


def kept_answer(record: TurnRecord) -> KeptAnswer | None:
    """The answer of a finished turn, where it depends on nothing that the key does not hold and nothing went amiss."""
    answer, found = record.answer, record.retrieval
    is_whole = answer.outcome is Outcome.ANSWERED and answer.confidence == "high" and bool(answer.citations)
    is_plain = not (answer.degraded or record.withheld or record.narrowed_from or record.escalation_reason)
    if not (is_whole and is_plain and _is_written_by_vendor(record)) or found is None:
        return None
    verdict = record.verdicts_out[-1] if record.verdicts_out else None
    if verdict is None or verdict.findings or found.query.rewritten_by != "none" or not _adds_up(answer, record):
        return None
    return KeptAnswer(
        turn_id=answer.turn_id,
        text=answer.text,
        sentences=record.sentences,
        claims=record.claims,
        verdict_out=verdict,
        routes=record.routes,
        retrieval=replace(found, query=replace(found.query, text="", original="")),
    )


def _has_past(context: TurnContext) -> bool:
    return bool(context.history or context.conversation.summary or context.conversation.forked_from)


def _is_clean(verdict: Verdict, text: str) -> bool:
    """Whether the guard let the message in as it is and found nothing worth a mention."""
    return verdict.action is GuardAction.ALLOW and not verdict.findings and verdict.text == text


def _is_written_by_vendor(record: TurnRecord) -> bool:
    written = [attempt for attempt in record.attempts if attempt.purpose == "answer" and attempt.result == "ok"]
    return bool(written) and written[-1].vendor not in NEVER_KEPT


def _adds_up(answer: Answer, record: TurnRecord) -> bool:
    """Whether the sentences are the whole answer, so that they can be told again one by one."""
    position = 0
    for sentence in record.sentences:
        start = answer.text.find(sentence.text, position)
        if start < 0 or answer.text[position:start].strip():
            return False
        position = start + len(sentence.text)
    return position == len(answer.text)
