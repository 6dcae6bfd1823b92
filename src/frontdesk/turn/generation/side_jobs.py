"""Small jobs for a model around an answer: a self-contained question, a summary, a second reading."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, TypeVar

from frontdesk.domain.conversation import Message
from frontdesk.domain.knowledge import Passage
from frontdesk.domain.usage import VendorAttempt
from frontdesk.ports.models import ChatRequest, ChatTurn
from frontdesk.turn.generation.climb import Climb, first_reply
from frontdesk.turn.generation.history import extend_summary, facts_and_promises, with_facts
from frontdesk.turn.generation.judge import JUDGE_S, Judgement, judge_request, read_verdict
from frontdesk.turn.generation.rewrite import accepted_rewrite
from frontdesk.turn.generation.rung import Rung
from frontdesk.turn.generation.structured import ask_structured
from frontdesk.turn.generation.vendors import Vendors
from frontdesk.turn.money.budget import NoLimits, Price, Purse

REWRITE_S = 1.0
"""A rewrite that takes longer is not worth its wait: heuristics cost 1 ms."""
SUMMARY_S = 8.0
COMMAND_S = 2.0
"""A message does not wait longer for what a model makes of it; a guess, as for the judge."""

T = TypeVar("T")


class SideJobs:
    """A ladder each for rewriting, summaries, judging and reading for workflows. Each may be missing: then rules rewrite,
    shorten and read, and nobody reads a second time."""

    def __init__(
        self,
        *,
        rewrite: Sequence[Rung] = (),
        summary: Sequence[Rung] = (),
        judge: Sequence[Rung] = (),
        command: Sequence[Rung] = (),
        rewrite_prompt: str = "",
        summary_prompt: str = "",
        vendors: Vendors,
        price: Price,
    ) -> None:
        self._rewrite = tuple(rewrite)
        self._summary = tuple(summary)
        self._judge = tuple(judge)
        self._command = tuple(command)
        self._rewrite_prompt = rewrite_prompt
        self._summary_prompt = summary_prompt
        self._vendors = vendors
        self._price = price

    @property
    def can_summarise(self) -> bool:
        """Whether a model writes summaries."""
        return bool(self._summary)

    @property
    def can_judge(self) -> bool:
        """Whether a model reads doubtful sentences."""
        return bool(self._judge)

    @property
    def can_command(self) -> bool:
        """Whether a model reads what messages mean for workflows."""
        return bool(self._command)

    async def rewrite(
        self,
        question: str,
        *,
        history: tuple[ChatTurn, ...],
        language: str,
        purse: Purse | None = None,
        numbers: Iterator[int] | None = None,
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
        climb = self._climb(request, REWRITE_S, purse, numbers, on_attempt)
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
        numbers: Iterator[int] | None = None,
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
        climb = self._climb(request, SUMMARY_S, purse, numbers, on_attempt)
        written = await first_reply(self._summary, climb)
        if not written:
            return plain
        return with_facts(written, [*_kept_lines(plain), *facts_and_promises(messages)])

    async def judge(
        self,
        sentence: str,
        passages: Sequence[Passage],
        *,
        question: str,
        language: str,
        limit_s: float = JUDGE_S,
        purse: Purse | None = None,
        numbers: Iterator[int] | None = None,
        on_attempt: Callable[[VendorAttempt], None] = lambda _: None,
    ) -> Judgement:
        """Whether the passages carry the sentence; `inconclusive` where no model gave a usable verdict in time."""
        request = judge_request(sentence, passages, question=question, language=language)
        climb = self._climb(request, min(limit_s, JUDGE_S), purse, numbers, on_attempt)
        return await ask_structured(self._judge, climb, read=read_verdict) or "inconclusive"

    async def command(
        self,
        request: ChatRequest,
        *,
        read: Callable[[Mapping[str, Any]], T],
        purse: Purse | None = None,
        numbers: Iterator[int] | None = None,
        on_attempt: Callable[[VendorAttempt], None] = lambda _: None,
    ) -> T | None:
        """What `read` makes of the proposals for a message; None where no model gave usable ones in time."""
        climb = self._climb(request, COMMAND_S, purse, numbers, on_attempt)
        return await ask_structured(self._command, climb, read=read)

    def _climb(
        self,
        request: ChatRequest,
        limit_s: float,
        purse: Purse | None,
        numbers: Iterator[int] | None,
        on_attempt: Callable[[VendorAttempt], None],
    ) -> Climb:
        return Climb(
            request=request,
            vendors=self._vendors,
            price=self._price,
            purse=purse or NoLimits(),
            ends_at=self._vendors.monotonic() + limit_s,
            numbers=numbers or count(1),
            on_attempt=on_attempt,
        )


def _kept_lines(summary: str) -> list[str]:
    return [line for line in summary.splitlines() if re.search(r"\d", line)]
