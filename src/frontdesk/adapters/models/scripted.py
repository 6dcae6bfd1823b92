"""A model that does what a script says: the twin for tests and drills."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from frontdesk.domain.usage import Usage
from frontdesk.ports.models import ChatRequest, ModelEvent, ReplyBegan, StreamEnd, TextDelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Nothing comes for a while; infinity for ever."""

    seconds: float


Step = str | Pause | Exception | ReplyBegan | TextDelta | StreamEnd
"""A text is a delta; an error is raised; a `StreamEnd` ends the reply. A script without an end is a cut stream's."""

Script = Sequence[Step] | Callable[[ChatRequest], Sequence[Step]]


def reply(*chunks: str, usage: Usage | None = None, model: str = "") -> tuple[Step, ...]:
    """The script of a reply that goes well."""
    return (*chunks, StreamEnd(finish_reason="stop", usage=usage or Usage(), model=model))


class ScriptedChatModel:
    """Plays one script per request, the last one for ever; remembers what it was asked."""

    def __init__(
        self,
        *scripts: Script,
        vendor: str = "scripted",
        model: str = "script",
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        if not scripts:
            raise ValueError("a scripted model needs at least one script")
        self._scripts = scripts
        self._sleep = sleep
        self._vendor = vendor
        self._model = model
        self.requests: list[ChatRequest] = []
        """Every request so far, oldest first."""
        self.closed = 0
        """How many replies were closed before their script was over."""

    @property
    def vendor(self) -> str:
        return self._vendor

    @property
    def model(self) -> str:
        return self._model

    def render(self, request: ChatRequest) -> str:
        return f"{request.purpose}: {request.question}"

    async def stream(self, request: ChatRequest) -> AsyncIterator[ModelEvent]:
        script = self._scripts[min(len(self.requests), len(self._scripts) - 1)]
        self.requests.append(request)
        try:
            for step in script(request) if callable(script) else script:
                if isinstance(step, Pause):
                    await self._pause(step.seconds)
                elif isinstance(step, Exception):
                    raise step
                else:
                    yield TextDelta(text=step) if isinstance(step, str) else step
        except (asyncio.CancelledError, GeneratorExit):
            self.closed += 1
            raise

    async def _pause(self, seconds: float) -> None:
        if seconds == float("inf"):
            await asyncio.Event().wait()
        await self._sleep(seconds)
