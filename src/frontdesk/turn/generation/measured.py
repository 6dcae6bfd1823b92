"""What a deployment was seen to do: how long its first text takes, and how it counts tokens."""

from collections import deque
from dataclasses import dataclass, field
from math import ceil

from frontdesk.domain.usage import Usage
from frontdesk.ports.models import ChatRequest

CHARS_PER_TOKEN = 4
"""Until a vendor has told its own count: a rule of thumb of English."""
REMEMBERED = 128
"""First texts that a percentile is taken over; a guess: some minutes of a busy hour."""
_LEARNING = 0.2
"""Weight of the newest reply in what is learned of a vendor's tokens; a guess."""


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
        if not self._times_ms:
            return None
        ordered = sorted(self._times_ms)
        return ordered[max(0, ceil(len(ordered) * share) - 1)]


@dataclass(slots=True)
class TokenScale:
    """How many tokens a vendor makes of characters, learned from the replies for which it told."""

    read_per_char: float = 1 / CHARS_PER_TOKEN
    written_per_char: float = 1 / CHARS_PER_TOKEN
    written_per_chunk: float | None = None
    """Most servers send a token a chunk, some send several; None until one has told."""
    _has_learned: bool = False

    def to_read(self, chars: int) -> int:
        """Tokens of a request of so many characters."""
        return max(1, round(chars * self.read_per_char))

    def written(self, *, chars: int, chunks: int) -> int:
        """Tokens of a reply that broke off after so much."""
        if self.written_per_chunk is not None:
            return round(chunks * self.written_per_chunk)
        return round(max(chars * self.written_per_char, bool(chars)))

    def learn(self, usage: Usage, *, read_chars: int, written_chars: int, chunks: int) -> None:
        """Take in what the vendor counted for a reply that was whole."""
        weight = _LEARNING if self._has_learned else 1.0
        if usage.input_tokens and read_chars:
            self.read_per_char += weight * (usage.input_tokens / read_chars - self.read_per_char)
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
