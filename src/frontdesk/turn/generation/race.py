"""One request, and beside it a second one to another vendor where the first is unusually slow: the first text decides."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from frontdesk.domain.errors import DependencyError, StoreUnavailableError
from frontdesk.turn.generation.attempt import Attempt, result_of


class _Runner:
    """An attempt that is on its way to its first text."""

    def __init__(self, attempt: Attempt) -> None:
        self.attempt = attempt
        self.texts = attempt.texts()
        self.first = asyncio.ensure_future(_first_of(self.texts))

    async def give_up(self) -> None:
        """Cancel the request; it is billed and recorded as far as it went."""
        self.first.cancel()
        await asyncio.gather(self.first, return_exceptions=True)
        await self.texts.aclose()
        self.attempt.finish()


class Race:
    """Iterate `texts` once; afterwards `attempt` is the one that delivered them, or that failed last."""

    def __init__(self, lead: Attempt, *, after_s: float, second: Callable[[], Awaitable[Attempt | None]]) -> None:
        """
        Args:
            after_s: how long the first one is given alone.
            second: opens the second one, if there is one that may be asked.
        """
        self.attempt = lead
        self.has_second = False
        self._after_s = after_s
        self._second = second
        self._runners: list[_Runner] = []

    async def texts(self) -> AsyncGenerator[str]:
        """
        Raises:
            DependencyError: none delivered; the error of the one that failed last.
        """
        self._runners.append(_Runner(self.attempt))
        try:
            winner = await self._winner()
            self.attempt = winner.attempt
            if (text := winner.first.result()) is not None:
                yield text
            async with aclosing(winner.texts):
                async for text in winner.texts:
                    yield text
        finally:
            for runner in self._runners:
                await runner.give_up()

    async def _winner(self) -> _Runner:
        await asyncio.wait([self._runners[0].first], timeout=self._after_s)
        if not self._runners[0].first.done():
            await self._add_second()
        while True:
            waiting = [runner.first for runner in self._runners]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for runner in [runner for runner in self._runners if runner.first.done()]:
                if (error := runner.first.exception()) is None:
                    await self._give_up_all_but(runner)
                    return runner
                self.attempt = runner.attempt
                self._runners.remove(runner)
                if not self._runners or not isinstance(error, DependencyError) or result_of(error) == "filter":
                    raise error

    async def _add_second(self) -> None:
        try:
            attempt = await self._second()
        except StoreUnavailableError:  # no money could be set aside; the first one may still come
            return
        if attempt is None:
            return
        if self._runners[0].first.done():  # while money was set aside for the second
            attempt.finish()
            return
        self.has_second = True
        self._runners.append(_Runner(attempt))

    async def _give_up_all_but(self, winner: _Runner) -> None:
        for runner in [runner for runner in self._runners if runner is not winner]:
            self._runners.remove(runner)
            await runner.give_up()


async def _first_of(texts: AsyncGenerator[str]) -> str | None:
    return await anext(texts, None)
