"""Small jobs for a model around an answer: a self-contained question, a summary. Both do without one."""

import re
from collections.abc import Callable, Sequence

from frontdesk.domain.conversation import Message
from frontdesk.domain.usage import VendorAttempt
from frontdesk.ports.models import ChatRequest, ChatTurn
from frontdesk.text.language import detect_language
from frontdesk.turn.budget import NoLimits, Price, Purse
from frontdesk.turn.generation.climb import Climb, first_reply
from frontdesk.turn.generation.history import extend_summary, facts_and_promises, with_facts
from frontdesk.turn.generation.rung import Rung
from frontdesk.turn.generation.vendors import Vendors

REWRITE_S = 1.0
"""A rewrite that takes longer is not worth its wait: heuristics cost 1 ms."""
SUMMARY_S = 8.0
MAX_GROWTH = 4
"""A rewritten question is at most so many times as long as the question, plus room for a name."""

_ANSWERS = re.compile(
    r"^(?:sure|certainly|of course|here (?:is|are)|the answer|yes\b|no\b|i\b|as an ai|claro|por supuesto|sí\b|"
    r"gerne|natürlich|ja\b|nein\b)",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"^(?:rewritten |self-contained |standalone )?(?:question|query|pregunta|frage)\s*:\s*", re.IGNORECASE
)
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


class SideJobs:
    """One ladder for rewriting and one for summaries; either may be missing."""

    def __init__(
        self,
        *,
        rewrite: Sequence[Rung] = (),
        summary: Sequence[Rung] = (),
        rewrite_prompt: str = "",
        summary_prompt: str = "",
        vendors: Vendors,
        price: Price,
    ) -> None:
        self._rewrite = tuple(rewrite)
        self._summary = tuple(summary)
        self._rewrite_prompt = rewrite_prompt
        self._summary_prompt = summary_prompt
        self._vendors = vendors
        self._price = price

    @property
    def can_summarise(self) -> bool:
        """Whether a model writes summaries."""
        return bool(self._summary)

    async def rewrite(
        self,
        question: str,
        *,
        history: tuple[ChatTurn, ...],
        language: str,
        purse: Purse | None = None,
        number: int = 1,
        on_attempt: Callable[[VendorAttempt], None] = lambda _: None,
    ) -> str | None:
        """The question made self-contained; None where there is no model, all failed, or the text is no rewrite."""
        if not self._rewrite or not history:
            return None
        request = ChatRequest(
            purpose="rewrite",
            instructions=self._rewrite_prompt,
            history=history,
            question=question,
            language=language,
        )
        climb = self._climb(request, REWRITE_S, purse, number, on_attempt)
        written = await first_reply(self._rewrite, climb)
        return accepted_rewrite(written or "", question, history, language)

    async def summarise(
        self,
        summary: str,
        messages: Sequence[Message],
        *,
        language: str,
        max_tokens: int,
        purse: Purse | None = None,
        number: int = 1,
        on_attempt: Callable[[VendorAttempt], None] = lambda _: None,
    ) -> str:
        """The summary with the messages added; facts and promises stay word for word, whoever writes it."""
        plain = extend_summary(summary, messages, max_tokens=max_tokens)
        if not self._summary or not messages:
            return plain
        request = ChatRequest(
            purpose="summary",
            instructions=self._summary_prompt,
            history=tuple(ChatTurn(role=message.role, text=message.text) for message in messages),
            summary=summary,
            question="Summary:",
            language=language,
        )
        climb = self._climb(request, SUMMARY_S, purse, number, on_attempt)
        written = await first_reply(self._summary, climb)
        if not written:
            return plain
        return with_facts(written, [*_kept_lines(plain), *facts_and_promises(messages)])

    def _climb(
        self,
        request: ChatRequest,
        limit_s: float,
        purse: Purse | None,
        number: int,
        on_attempt: Callable[[VendorAttempt], None],
    ) -> Climb:
        return Climb(
            request=request,
            vendors=self._vendors,
            price=self._price,
            purse=purse or NoLimits(),
            ends_at=self._vendors.monotonic() + limit_s,
            first_number=number,
            on_attempt=on_attempt,
        )


def accepted_rewrite(written: str, question: str, history: Sequence[ChatTurn], language: str) -> str | None:
    """The model's text if it can be a rewrite of the question, else None.

    It must be one line of a sane length in the customer's language, no answer, and every number in it must have
    been said before: a rewrite that invents one would fetch, and so support, the wrong thing.
    """
    lines = [line.strip() for line in written.strip().splitlines() if line.strip()]
    if len(lines) != 1:
        return None
    text = _LABEL.sub("", lines[0]).strip("\"'“”«» ")
    if not 2 <= len(text) <= MAX_GROWTH * len(question) + 120 or _ANSWERS.match(text):
        return None
    said = " ".join([question, *(turn.text for turn in history)])
    if not set(_NUMBER.findall(text)) <= set(_NUMBER.findall(said)):
        return None
    if "?" in question and "?" not in text:
        return None
    spoken = detect_language(text, default=language)
    return text if spoken == language or len(text) < 40 else None


def _kept_lines(summary: str) -> list[str]:
    return [line for line in summary.splitlines() if re.search(r"\d", line)]
