"""What one turn takes from the answers that are kept, and leaves there."""

from collections.abc import Iterator

from frontdesk.domain.events import AnswerSentence
from frontdesk.domain.safety import Verdict
from frontdesk.domain.turn import OpenTurn, Stage, TurnContext, TurnRecord
from frontdesk.ports.telemetry import Telemetry
from frontdesk.turn.cache import AnswerKey, KeptAnswer
from frontdesk.turn.keeping import kept_answer, key_of
from frontdesk.turn.notes import TurnNotes
from frontdesk.turn.serving import ServedRelease


class Memory:
    """Looks for an answer once, tells it, or keeps the one that the turn made itself."""

    def __init__(
        self,
        turn: OpenTurn,
        context: TurnContext,
        release: ServedRelease,
        *,
        notes: TurnNotes,
        telemetry: Telemetry,
    ) -> None:
        self._turn = turn
        self._context = context
        self._release = release
        self._notes = notes
        self._telemetry = telemetry
        self._key: AnswerKey | None = None

    def look(self, verdict: Verdict) -> KeptAnswer | None:
        """The answer to the same question, where one is kept that this customer may be given.

        Args:
            verdict: of the guard on the message.
        """
        cache = self._release.cache
        if cache.is_off:
            return None
        self._key = key_of(self._turn, self._context, self._release, verdict)
        if self._key is None:
            self._telemetry.answer_cache(found="personal")
            return None
        with self._notes.timed(Stage.ROUTE, "cache"):
            kept = cache.get(self._key)
        if kept is not None and any(map(self._release.is_withdrawn, kept.documents)):
            kept = None
        self._telemetry.answer_cache(found="miss" if kept is None else "hit")
        return kept

    def tell(self, kept: KeptAnswer) -> Iterator[AnswerSentence]:
        """The answer as it was given, sentence by sentence; noted with what is known of how it came about."""
        notes = self._notes
        notes.cached_from = kept.turn_id
        notes.routes = [*kept.routes]
        notes.retrieval = kept.found_for(self._turn.text)
        notes.verdict_out = kept.verdict_out
        for separator, sentence in kept.pieces():
            notes.confirm(sentence, separator=separator, report=None)
            with notes.timed(Stage.DELIVER):
                yield AnswerSentence(
                    turn_id=self._turn.turn_id,
                    index=sentence.index,
                    separator=separator,
                    text=sentence.text,
                    citations=sentence.citations,
                )
        notes.claims = [*kept.claims]

    def keep(self, record: TurnRecord) -> None:
        """Leave the answer there for whoever asks the same, once the turn has ended with it."""
        if self._key is not None and (kept := kept_answer(record)) is not None:
            self._release.cache.put(self._key, kept)
