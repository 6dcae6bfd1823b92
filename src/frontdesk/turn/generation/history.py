"""Earlier messages under a token budget; what no longer fits is summarised, facts and promises word for word."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from frontdesk.domain.conversation import Message
from frontdesk.ports.models import ChatTurn
from frontdesk.text.sentences import split_sentences

CHARS_PER_TOKEN = 4
"""A rule of thumb of English; other languages and tokenizers need more, so budgets keep their distance."""
TURN_OVERHEAD_TOKENS = 4
TOPIC_CHARS = 120
"""How much of a message without facts is kept."""

_FACT = re.compile(r"\d|@|https?://")
_IDENTIFIER = re.compile(r"\b(?=\w*\d)(?=\w*[A-Z])\w{5,}\b|\b\d{5,}\b|\S@\S")
_PROMISE = re.compile(
    r"\b(?:we|i)(?:\s+will|[’']ll|\s+(?:can\s+)?(?:promise|guarantee|undertake)|\s+(?:am|are)\s+going\s+to)\b"
    r"|\bwill\s+(?:be\s+)?(?:call|contact|refund|send|ship|replace|reply|arrive|get\s+back)"
    r"|\b(?:wir|ich)\s+(?:werden?|verspreche[n]?|garantiere[n]?|melde[n]?|schicke[n]?|senden?|erstatte[n]?|rufe[n]?)\b"
    r"|\b(?:werden?|wird)\s+(?:wir|ich|sich|ihnen)\b"
    r"|\b(?:vamos|voy|va|van)\s+a\b|\b(?:le|te|les|os)\s+(?:\w+(?:remos|ré))\b|\bpromet(?:o|emos)\b|\bgarantiza(?:mos)?\b"
    r"|\b(?:nous\s+allons|je\s+vais|promettons)\b",
    re.IGNORECASE,
)

CountTokens = Callable[[str], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What a turn is told about the conversation so far."""

    turns: tuple[ChatTurn, ...] = ()
    """The newest messages, oldest first."""
    summary: str = ""
    """What was said before them: one line each, with who said it."""
    summarised_until: int = 0
    """Messages up to this position are in the summary."""


def estimate_tokens(text: str) -> int:
    """Tokens of a text without a tokenizer at hand; at least one."""
    return max(1, -(-len(text) // CHARS_PER_TOKEN))


def fit_history(
    messages: Sequence[Message],
    *,
    budget_tokens: int,
    summary: str = "",
    summarised_until: int = 0,
    count_tokens: CountTokens = estimate_tokens,
) -> History:
    """As many of the newest messages as fit; older ones join the summary.

    Args:
        messages: oldest first; those at or before `summarised_until` are skipped.
        budget_tokens: for messages and summary together; a third of it is the summary's at most. The newest
            message is always kept, cut at its end if it alone is larger.
    """
    fresh = [message for message in messages if message.position > summarised_until]
    room = budget_tokens - (count_tokens(summary) if summary else 0)
    if sum(_cost(message, count_tokens) for message in fresh) <= room:
        return History(turns=_turns(fresh), summary=summary, summarised_until=summarised_until)
    kept = _newest(fresh, budget_tokens - budget_tokens // 3, count_tokens)
    evicted = fresh[: len(fresh) - len(kept)]
    return History(
        turns=_clipped(_turns(kept), budget_tokens - budget_tokens // 3),
        summary=extend_summary(summary, evicted, max_tokens=budget_tokens // 3, count_tokens=count_tokens),
        summarised_until=evicted[-1].position if evicted else summarised_until,
    )


def extend_summary(
    summary: str, messages: Sequence[Message], *, max_tokens: int, count_tokens: CountTokens = estimate_tokens
) -> str:
    """The summary with the messages added, without a model: promises and facts word for word, the rest by its topic.

    When it grows beyond `max_tokens`, topics go first, then facts, then order numbers and addresses, then promises; of
    each the oldest first.
    """
    lines = [*summary.splitlines(), *(line for message in messages for line in _lines_of(message))]
    lines = list(dict.fromkeys(line for line in lines if line.strip()))
    return "\n".join(_within(lines, max_tokens, count_tokens))


def facts_and_promises(messages: Iterable[Message]) -> tuple[str, ...]:
    """The lines a summary must hold word for word, in order."""
    return tuple(line for message in messages for line in _lines_of(message) if _rank(line) > 0)


def with_facts(written: str, facts: Sequence[str]) -> str:
    """A summary written by a model, with every fact it does not hold word for word added below it."""
    missing = [fact for fact in facts if fact.partition(": ")[2] not in written]
    return "\n".join([*filter(None, (written.strip(),)), *missing])


def _lines_of(message: Message) -> list[str]:
    sentences = [message.text[span.start : span.end] for span in split_sentences(message.text)]
    notable = [sentence for sentence in sentences if _FACT.search(sentence) or _PROMISE.search(sentence)]
    if not notable and sentences and message.role == "customer":
        notable = [_clip(sentences[0], TOPIC_CHARS)]
    return [f"{message.role}: {' '.join(sentence.split())}" for sentence in notable]


def _rank(line: str) -> int:
    """0 for a topic, 1 for a fact, 2 for an order number or address, 3 for a promise of ours."""
    role, _, text = line.partition(": ")
    if _PROMISE.search(text) and role != "customer":
        return 3
    if _IDENTIFIER.search(text):
        return 2
    return 1 if _FACT.search(text) or _PROMISE.search(text) else 0


def _within(lines: list[str], max_tokens: int, count_tokens: CountTokens) -> list[str]:
    costs = [count_tokens(line) for line in lines]
    total = sum(costs)
    dropped: set[int] = set()
    for index in sorted(range(len(lines)), key=lambda index: (_rank(lines[index]), index)):
        if total <= max_tokens:
            break
        dropped.add(index)
        total -= costs[index]
    return [line for index, line in enumerate(lines) if index not in dropped]


def _newest(messages: Sequence[Message], budget: int, count_tokens: CountTokens) -> Sequence[Message]:
    used = 0
    for index in range(len(messages) - 1, -1, -1):
        used += _cost(messages[index], count_tokens)
        if used > budget and index < len(messages) - 1:
            return messages[index + 1 :]
    return messages


def _clipped(turns: tuple[ChatTurn, ...], budget: int) -> tuple[ChatTurn, ...]:
    if len(turns) != 1:
        return turns
    return (ChatTurn(role=turns[0].role, text=_clip(turns[0].text, budget * CHARS_PER_TOKEN)),)


def _clip(text: str, chars: int) -> str:
    return text if len(text) <= chars else text[: max(chars - 1, 1)].rstrip() + "…"


def _cost(message: Message, count_tokens: CountTokens) -> int:
    return count_tokens(message.text) + TURN_OVERHEAD_TOKENS


def _turns(messages: Iterable[Message]) -> tuple[ChatTurn, ...]:
    return tuple(ChatTurn(role=message.role, text=message.text) for message in messages)
