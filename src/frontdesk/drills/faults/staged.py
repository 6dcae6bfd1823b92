"""One scene of the drill while it is played."""

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx

from frontdesk.drills.stage import RunningServer, RunningVendor
from frontdesk.drills.visitor import Visitor
from frontdesk.simulators.proxy import FaultProxy, ProxyBehaviour

PATIENCE_S = 60.0
"""Of one visitor; a turn has 30 s by default."""
HEALTHY = ({"does": "sim", "for_s": 1e9},)


@dataclass(slots=True, kw_only=True)
class Stage:
    """One scene while it is played."""

    model: str
    """Of the first vendor, in which the fault lies."""
    network: ProxyBehaviour | None
    """How the way to it is spoilt; None where it is not."""
    is_unreachable: bool
    """Nobody listens at its address."""
    server: RunningServer
    http: httpx.AsyncClient
    primary: RunningVendor
    fallback: RunningVendor
    proxy: FaultProxy | None
    questions: Sequence[str]
    locale: str
    before: list[Visitor] = field(default_factory=list)
    """Who asked while all was well, the first one from a cold server."""
    _next: "itertools.count[int]" = field(default_factory=itertools.count)

    def visitor(self) -> Visitor:
        """Somebody with the next question."""
        question = self.questions[next(self._next) % len(self.questions)]
        return Visitor(urls=(self.server.url,), question=question, locale=self.locale, patience_s=PATIENCE_S)

    async def begin(self) -> None:
        """From now on the fault is in force, and the vendors' logs are empty."""
        await self.primary.forget()
        await self.fallback.forget()
        if self.proxy is not None:
            await self.proxy.drop()
            if self.is_unreachable:
                await self.proxy.close()
            self.proxy.behaviour = self.network or ProxyBehaviour()

    async def heal(self) -> None:
        """The vendors are well, and so is the network, unless nobody listens."""
        for vendor in (self.primary, self.fallback):
            await vendor.schedule(HEALTHY)
        if self.proxy is not None and not self.is_unreachable:
            self.proxy.behaviour = ProxyBehaviour()
            await self.proxy.drop()

    async def occurrences(self) -> list[str]:
        """Kinds of what the people in charge were told, as far as it was a warning."""
        lines = [line for line in self.server.log().splitlines() if '"event": "occurrence"' in line]
        return [str(json.loads(line)["kind"]) for line in lines]
