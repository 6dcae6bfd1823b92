"""Customers who confirm one booking each."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import httpx

from frontdesk.domain.turn import Outcome
from frontdesk.drills.effects.assistant import WISH
from frontdesk.drills.visitor import Visitor


@dataclass(slots=True, kw_only=True)
class Customer:
    reference: str
    visitor: Visitor
    """In the conversation that is theirs, with the message they sent last."""

    @property
    def outcome(self) -> str:
        """Of their yes; empty where it got no end."""
        return str(self.visitor.final["outcome"]) if self.visitor.is_done else ""

    @property
    def is_told_done(self) -> bool:
        return self.outcome == Outcome.ACTED

    async def prepare(self, http: httpx.AsyncClient) -> None:
        """Up to the question whether it is to be booked."""
        await self.visitor.visit(http)
        await self._say(http, self.reference)

    async def agree(self, http: httpx.AsyncClient) -> None:
        await self._say(http, "yes")

    async def _say(self, http: httpx.AsyncClient, text: str) -> None:
        before = self.visitor
        self.visitor = Visitor(
            urls=before.urls, question=text, conversation_id=before.conversation_id, token=before.token
        )
        await self.visitor.ask(http)


async def arrive(http: httpx.AsyncClient, urls: Sequence[str], *, count: int, random: Random) -> list[Customer]:
    """They have all been asked whether it is to be booked."""
    customers = [
        Customer(
            reference=f"DR-{random.randrange(10**8):08d}",
            visitor=Visitor(urls=(*urls[number % len(urls) :], *urls[: number % len(urls)]), question=WISH),
        )
        for number in range(count)
    ]
    await asyncio.gather(*(customer.prepare(http) for customer in customers))
    return customers
