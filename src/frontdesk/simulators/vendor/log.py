"""What the vendor noted of each request, which is what a drill's verdicts stand on."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from frontdesk.simulators.vendor.script import How, Progress

MAX_REQUESTS = 20_000
"""The newest are kept."""
MAX_TEXT, MAX_ASKED = 4000, 1000
_SECRET_HEADERS = frozenset({"authorization", "x-api-key", "api-key"})


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorRequest:
    """One request as the vendor saw it."""

    number: int
    """1-based over all models, in the order of arrival."""
    api: str
    model: str
    does: str
    """The plain model or the fault that was in force."""
    at_s: float
    """Seconds since 1970, by the vendor's clock."""
    first_byte_s: float | None
    """Seconds until the first byte of the body was sent; None where none was."""
    took_s: float | None
    """Seconds until it was over; None while it is not."""
    status: int
    """0 where none was sent."""
    how: How
    """How it ended: whole, refused, broken off by the vendor, hung up by the client; open while it has not."""
    tokens_sent: int
    bytes_sent: int
    prompt_tokens: int
    max_tokens: int
    messages: int
    """How many the request had; a repair has more than what it repairs."""
    is_stream: bool
    wants_json: bool
    task: str
    """What it was about, as the vendor guesses: answer, rewrite, summary, judge or command."""
    system: str
    """Digest of the system text, to tell whether two requests came with the same one."""
    asked: str
    """The end of its last message, at most MAX_ASKED characters: the question, or what is to be judged."""
    text: str
    """The reply as it was meant to be, at most MAX_TEXT characters of it."""
    tokens: int
    """How many that reply has."""
    headers: Mapping[str, str]
    """As they came; credentials only as a remark that there were some."""


@dataclass(slots=True, kw_only=True)
class Entry:
    """A request under way."""

    facts: Mapping[str, Any]
    progress: Progress
    took_s: float | None = None

    def request(self) -> VendorRequest:
        going = self.progress
        return VendorRequest(
            **self.facts,
            first_byte_s=going.first_byte_s,
            took_s=self.took_s,
            how=going.how,
            tokens_sent=going.tokens,
            bytes_sent=going.bytes,
        )


@dataclass(slots=True)
class RequestLog:
    """The newest requests, and how many there were of each model."""

    entries: deque[Entry] = field(default_factory=lambda: deque(maxlen=MAX_REQUESTS))
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)

    def select(self, *, model: str = "", after: int = 0) -> list[dict[str, Any]]:
        """Requests as JSON-ready values, oldest first."""
        found = (entry for entry in self.entries if entry.facts["number"] > after)
        return [asdict(entry.request()) for entry in found if not model or entry.facts["model"] == model]


def shown_headers(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name: "(given)" if name in _SECRET_HEADERS else value for name, value in headers}
