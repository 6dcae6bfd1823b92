"""Answers that are kept, for the same question of people who may see the same.

    what a key holds         so that nobody is given
    release, snapshot        what another version of the assistant said, or knew
    overlay                  what was withdrawn since
    guards                   what other rules let through
    audiences                what others may see
    language, channel        words, or a manner, that do not fit
    question                 an answer to anything else

What may be kept at all is for `frontdesk.turn.keeping` to say.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from frontdesk.domain.ids import DocumentId, ReleaseId, SnapshotId, TurnId
from frontdesk.domain.release import AnswerCacheSettings, ChannelSettings
from frontdesk.domain.safety import Verdict
from frontdesk.domain.turn import ClaimSupport, RetrievalResult, Route, Sentence

KEEPS_NONE = AnswerCacheSettings(entries=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerKey:
    """Everything that decides an answer that may be kept."""

    release_id: ReleaseId
    snapshot_id: SnapshotId
    overlay: int
    guards: str
    audiences: tuple[str, ...]
    language: str
    channel: ChannelSettings
    question: str
    """sha256 of the question: what customers write is not kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """An answer as it was given, without a word of who asked for it."""

    turn_id: TurnId
    """The turn that it was written for."""
    text: str
    sentences: tuple[Sentence, ...]
    claims: tuple[ClaimSupport, ...]
    verdict_out: Verdict
    routes: tuple[Route, ...]
    retrieval: RetrievalResult

    @property
    def documents(self) -> frozenset[DocumentId]:
        """Those it cites."""
        return frozenset(citation.document_id for one in self.sentences for citation in one.citations)

    def pieces(self) -> Iterator[tuple[str, Sentence]]:
        """The sentences, each with what stands before it."""
        position = 0
        for sentence in self.sentences:
            start = self.text.index(sentence.text, position)
            yield self.text[position:start], sentence
            position = start + len(sentence.text)

    def found_for(self, question: str) -> RetrievalResult:
        """What was found then, as found for this wording; the search itself took no time now."""
        query = replace(self.retrieval.query, text=question, original=question)
        return replace(self.retrieval, query=query, timings_ms={})


class AnswerCache:
    """The answers that were asked for last, as many as the settings say and as long; of one process."""

    def __init__(
        self, settings: AnswerCacheSettings = KEEPS_NONE, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = settings.entries
        self._keep_s = settings.keep_s
        self._monotonic = monotonic
        self._kept: OrderedDict[AnswerKey, tuple[float, KeptAnswer]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def is_off(self) -> bool:
        return self._most <= 0

    def get(self, key: AnswerKey) -> KeptAnswer | None:
        found = self._kept.get(key)
        if found is None:
            return None
        until, kept = found
        if self._monotonic() >= until:
            del self._kept[key]
            return None
        self._kept.move_to_end(key)
        return kept

    def put(self, key: AnswerKey, kept: KeptAnswer) -> None:
        """Keep it; its time does not begin anew where one is there already."""
        if self.is_off or self.get(key) is not None:
            return
        self._kept[key] = (self._monotonic() + self._keep_s, kept)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
