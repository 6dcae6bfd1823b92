"""Models: chat, embedding."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from frontdesk.domain.conversation import Role
from frontdesk.domain.knowledge import Passage
from frontdesk.domain.turn import Rewording
from frontdesk.domain.usage import Purpose, Usage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatTurn:
    role: Role
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """What is asked of a model, structured; an adapter renders it and no adapter parses a prompt."""

    purpose: Purpose
    instructions: str
    history: tuple[ChatTurn, ...]
    """Oldest first, within the token budget."""
    summary: str = ""
    """What was said before `history`."""
    passages: tuple[Passage, ...] = ()
    question: str
    language: str
    """The answer is wanted in this language (ISO 639-1)."""
    lead_in: str = ""
    """What a model that only quotes says first."""
    rewordings: tuple[Rewording, ...] = ()
    """Words that may stand for those of the question, for a model that compares words."""
    json_schema: Mapping[str, Any] | None = None
    """The reply is to be one JSON object of this schema; only asked of a model that can keep to one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyBegan:
    """The vendor has taken the request, and bills what it reads; text may follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDelta:
    text: str
    """May be empty where only the count is news."""
    chunks: int = field(default=1, compare=False)
    """In how many pieces the vendor sent it."""
    usage: Usage | None = field(default=None, compare=False)
    """What the vendor has counted so far, where it says; a part that it does not count as it goes is 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEnd:
    """The reply is complete. A stream without it was cut."""

    finish_reason: Literal["stop", "length", "filter"]
    usage: Usage
    model: str
    """As the vendor reports it; empty when it does not."""


ModelEvent = ReplyBegan | TextDelta | StreamEnd


class ChatModel(Protocol):
    @property
    def vendor(self) -> str: ...

    @property
    def model(self) -> str: ...

    def render(self, request: ChatRequest) -> str:
        """The request as it is sent, for the record; carries no credential."""
        ...

    def stream(self, request: ChatRequest) -> AsyncIterator[ModelEvent]:
        """The reply as it comes, ended by one `StreamEnd`. Closing the iterator cancels the request.

        Raises:
            DependencyError: translated once from whatever the vendor did.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """What a server asks money for: texts that it made vectors of."""

    vendor: str
    """A vendor's name, or the host of its API."""
    model: str
    tokens: int
    is_estimated: bool = False
    """The server did not say how many."""


class Embedder(Protocol):
    @property
    def fingerprint(self) -> str:
        """Names model, variant and instruction set; vectors of different fingerprints are never mixed."""
        ...

    @property
    def dimension(self) -> int: ...

    def embed_now(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """(n, dim) float32, rows of unit length; blocks the caller. Rows do not depend on each other."""
        ...

    async def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """As `embed_now`, without blocking the event loop."""
        ...

    def count_tokens(self, text: str) -> int:
        """Tokens of the embedder's own vocabulary, without the two special ones."""
        ...
