"""A simulated back office without a socket, and the questions that tests ask of it."""

from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx

from frontdesk.simulators.backoffice import BackofficeBehaviour, create_backoffice, key_of, start_backoffice
from frontdesk.simulators.backoffice.office import Office

TODAY = date(2026, 11, 25)
"""A Wednesday."""
BEHAVIOUR = BackofficeBehaviour(today=TODAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A client of all systems."""

    http: httpx.AsyncClient
    office: Office

    async def ask(
        self, method: str, path: str, body: Any = None, *, key: str = "", fault: str = "", headers: Any = None
    ) -> httpx.Response:
        sent = {"x-api-key": key_of(path.split("/")[1]), "x-caller": "tests", **(headers or {})}
        if key:
            sent["idempotency-key"] = key
        if fault:
            sent["x-simulate-fault"] = fault
        return await self.http.request(method, path, json=body, headers=sent)

    async def get(self, path: str, *, fault: str = "") -> Any:
        response = await self.ask("GET", path, fault=fault)
        assert response.status_code == 200, response.text
        return response.json()

    async def effects(self, **wanted: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.http.get("/_effects", params=wanted)).json()["effects"]
        return found

    async def order(self, customer_id: str) -> dict[str, Any]:
        """A customer's newest order."""
        orders: list[dict[str, Any]] = (await self.get(f"/orders/orders?customer_id={customer_id}"))["orders"]
        return orders[0]


@asynccontextmanager
async def a_backoffice(behaviour: BackofficeBehaviour = BEHAVIOUR) -> AsyncIterator[Shop]:
    """One of its own, in memory unless the behaviour names a file."""
    app = create_backoffice(behaviour)
    transport = httpx.ASGITransport(app=app)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://backoffice.test") as http:
            yield Shop(http=http, office=app.office)
    finally:
        app.close()


@contextmanager
def a_running_backoffice(behaviour: BackofficeBehaviour = BEHAVIOUR) -> Generator[str, None, None]:
    """One on a socket of loopback; gives its address."""
    running = start_backoffice(behaviour)
    try:
        yield running.url
    finally:
        running.close()
