"""A draft is read sentence by sentence, and every sentence passes the outbound guard before anything else sees it."""

from frontdesk.domain.safety import Verdict
from frontdesk.turn.generation import SentenceStream
from frontdesk.turn.guards import OutboundStream


class DraftReader:
    """Deltas in; whole sentences that the guard let go out. What the guard holds back stays here."""

    def __init__(self, guard: OutboundStream, *, lead_in: str) -> None:
        self._guard = guard
        self._sentences = SentenceStream(whole=(lead_in,))
        self._line = ""

    @property
    def verdict(self) -> Verdict:
        return self._guard.verdict

    @property
    def is_blocked(self) -> bool:
        return self._guard.is_blocked

    @property
    def forming(self) -> str:
        """What may be shown, unconfirmed, of the sentence that is not complete; the guard has looked at all of it."""
        return " ".join(f"{self._line}{self._guard.preview(self._sentences.forming)}".split())

    def feed(self, delta: str) -> list[str]:
        """The sentences that the delta completed."""
        return self._let_go(self._sentences.feed(delta))

    def finish(self, *, is_whole: bool) -> list[str]:
        """The rest. Of a draft that is not whole, an unfinished last sentence is dropped."""
        ready = self._let_go(self._sentences.finish(is_cut=not is_whole))
        rest = self._line + self._guard.finish()
        self._line = ""
        return [*ready, *(line for line in rest.split("\n") if line.strip())]

    def _let_go(self, sentences: list[str]) -> list[str]:
        """A line break tells the guard that a sentence is whole, and us where one ends in what it lets go."""
        self._line += "".join(self._guard.feed(f"{sentence}\n") for sentence in sentences)
        *ready, self._line = self._line.split("\n")
        return [line for line in ready if line.strip()]
