"""What a deployment was seen to do: how long its first text takes, and how it counts tokens."""

from collections import deque
from dataclasses import dataclass, field

from frontdesk.domain.speed import nearest_rank
from frontdesk.domain.usage import Usage
from frontdesk.ports.models import ChatRequest
from frontdesk.turn.generation.history import CHARS_PER_TOKEN

REMEMBERED = 128
"""First texts that a percentile is taken over; a guess: some minutes of a busy hour."""
_LEARNING = 0.2
"""Weight of the newest reply in what is learned of a vendor's tokens; a guess."""
_FADING = 0.98
"""What a request counts for once the next one is seen; a guess: the newest fifty make nearly all of a line."""


@dataclass(slots=True)
class FirstTexts:
    """Milliseconds from a request to its first text, of the newest requests that got one."""

    _times_ms: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def __len__(self) -> int:
        return len(self._times_ms)

    def add(self, ms: float) -> None:
        self._times_ms.append(ms)

    def percentile(self, share: float) -> float | None:
        """The smallest time that this share of the requests did not exceed; None while there are none."""
        return nearest_rank(sorted(self._times_ms), share) if self._times_ms else None


@dataclass(slots=True)
class Line:
    """A straight line through what was seen, the newest weighing most.

    A request has tokens of its own beside those of its text, for what an adapter and a vendor put around it; a mere
    ratio would take them for more text, and be wrong by so much as requests differ in length.
    """

    _weight: float = 0.0
    _x: float = 0.0
    _y: float = 0.0
    _xx: float = 0.0
    _xy: float = 0.0

    def add(self, x: float, y: float) -> None:
        self._weight, self._x, self._y, self._xx, self._xy = (
            _FADING * before + now
            for before, now in (
                (self._weight, 1.0),
                (self._x, x),
                (self._y, y),
                (self._xx, x * x),
                (self._xy, x * y),
            )
        )

    def at(self, x: float) -> float | None:
        """None while nothing was seen; by the ratio alone while all that was seen is of one length."""
        if not self._weight or not self._x:
            return None
        mean_x, mean_y = self._x / self._weight, self._y / self._weight
        spread = self._xx / self._weight - mean_x**2
        if spread < 1e-4 * mean_x**2:
            return x * mean_y / mean_x
        slope = max(0.0, (self._xy / self._weight - mean_x * mean_y) / spread)
        return mean_y + slope * (x - mean_x)


@dataclass(slots=True)
class TokenScale:
    """How many tokens a vendor makes of characters, learned from the replies for which it told."""

    read: Line = field(default_factory=Line)
    written_per_char: float = 1 / CHARS_PER_TOKEN
    written_per_chunk: float | None = None
    """Most servers send a token a chunk, some send several; None until one has told."""
    _has_learned: bool = False

    def to_read(self, chars: int) -> int:
        """Tokens of a request of so many characters."""
        learned = self.read.at(chars)
        return max(1, round(chars / CHARS_PER_TOKEN if learned is None else learned))

    def written(self, *, chars: int, chunks: int) -> int:
        """Tokens of a reply that broke off after so much."""
        if self.written_per_chunk is not None:
            return round(chunks * self.written_per_chunk)
        return round(max(chars * self.written_per_char, bool(chars)))

    def learn(self, usage: Usage, *, read_chars: int, written_chars: int, chunks: int) -> None:
        """Take in what the vendor counted for a reply that was whole."""
        weight = _LEARNING if self._has_learned else 1.0
        if usage.input_tokens and read_chars:
            self.read.add(read_chars, usage.input_tokens)
        if not (usage.output_tokens and written_chars):
            return
        self.written_per_char += weight * (usage.output_tokens / written_chars - self.written_per_char)
        per_chunk = usage.output_tokens / max(chunks, 1)
        before = per_chunk if self.written_per_chunk is None else self.written_per_chunk
        self.written_per_chunk = before + weight * (per_chunk - before)
        self._has_learned = True


def request_chars(request: ChatRequest) -> int:
    """Characters of everything that a model is given to read, without what an adapter puts around it."""
    return (
        len(request.instructions)
        + len(request.summary)
        + len(request.question)
        + sum(len(turn.text) for turn in request.history)
        + sum(len(passage.text) for passage in request.passages)
    )
