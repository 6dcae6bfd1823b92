"""A simulated vendor on a socket of loopback, in this process."""

import asyncio
import json
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn

from frontdesk.simulators.vendor import VendorBehaviour, VendorRequest, vendor_config
from frontdesk.simulators.vendor.serving import listening

PASSAGE = "You can return unused items within 30 days of delivery. Return labels cost 5.90 EUR, and are free of charge for members."
PROMPT = f'<passages>\n<passage number="1" title="Returns">\n{PASSAGE}\n</passage>\n</passages>\n\nHow long can I return items?'


class _Beside(uvicorn.Server):
    """Leaves signals to whoever has them."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """What tests ask of it."""

    url: str
    http: httpx.AsyncClient

    async def ask(self, model: str, **fields: Any) -> httpx.Response:
        return await self.http.post("/v1/chat/completions", json=a_body(model, **fields))

    async def text(self, model: str, **fields: Any) -> str:
        response = await self.ask(model, **fields)
        return str(response.json()["choices"][0]["message"]["content"])

    async def requests(self) -> list[VendorRequest]:
        found = (await self.http.get("/debug/requests")).json()["requests"]
        return [VendorRequest(**noted) for noted in found]

    async def over(self) -> list[VendorRequest]:
        """The requests, once the vendor has noticed that all of them are over."""
        async with asyncio.timeout(5):
            while any(request.how == "open" for request in await self.requests()):
                await asyncio.sleep(0.01)
        return await self.requests()

    async def bill(self) -> dict[str, Any]:
        bill: dict[str, Any] = (await self.http.get("/debug/bill")).json()
        return bill


def a_body(model: str, *, content: str = PROMPT, **fields: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": content}], **fields}


def events_of(text: str) -> list[dict[str, Any]]:
    """The JSON of a stream's events."""
    lines = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: {")]
    return [json.loads(line) for line in lines]


@asynccontextmanager
async def a_vendor(behaviour: VendorBehaviour | None = None) -> AsyncIterator[Vendor]:
    server = _Beside(vendor_config(behaviour))
    with listening("127.0.0.1", 0) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            async with httpx.AsyncClient(base_url=url, timeout=30) as http:
                yield Vendor(url=url, http=http)
        finally:
            server.should_exit = server.force_exit = True
            await task
