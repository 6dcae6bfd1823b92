"""What a workflow adds to its calls, and how long "Where is my refund?" takes when five systems need 100 ms each.

The demo's assistant in this process, its back office in one of its own, over loopback HTTP. Each question is a new
conversation of a proved customer, so that nothing comes from memory. What a turn adds is its time without that of the
slowest call of each step, as they were made at the same time.

    python -m bench.acting [--questions 60]
"""

import argparse
import asyncio
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from bench.surroundings import DEMO, describe_machine, frontdesk, started, wait_for
from frontdesk.adapters.clock import SystemTokens
from frontdesk.bootstrap import App, open_app
from frontdesk.domain.conversation import Audiences, Conversation, ConversationStatus, InboundMessage, Principal
from frontdesk.domain.ids import ConversationId, CustomerId
from frontdesk.ports.stores import Stores
from frontdesk.settings import load_settings
from frontdesk.turn.delivery import final_event

QUESTION = "Where is my refund?"
PORT = 9391
LATENCY_MS = 100
AIM_ADDED_MS, AIM_TOTAL_MS = 10, 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    total_ms: float
    """From sending to the last event."""
    added_ms: float
    """Of the turn, beyond its calls."""
    calls: int
    steps: int


async def ask(app: App, subject: str) -> Asked | None:
    """None where no workflow was concerned."""
    conversation_id = await begin(app, subject)
    began = time.perf_counter()
    accepted = await app.runner.accept(
        InboundMessage(conversation_id=conversation_id, text=QUESTION, idempotency_key="k", channel="web_chat")
    )
    turn_id = accepted.turn.turn_id
    await final_event(app.database, conversation_id, turn_id, after=0, timeout_s=20, ended=app.runner.ended(turn_id))
    total_ms = (time.perf_counter() - began) * 1000
    record = await app.database.read(lambda stores: stores.turns.record(turn_id)) or {}
    return None if not record.get("acting") else weigh(record, total_ms)


def weigh(record: Mapping[str, Any], total_ms: float) -> Asked:
    slowest: defaultdict[str, float] = defaultdict(float)
    for call in record["acting"]["calls"]:
        slowest[call["step"]] = max(slowest[call["step"]], call["took_ms"])
    return Asked(
        total_ms=total_ms,
        added_ms=record["timings_ms"]["total"] - sum(slowest.values()),
        calls=len(record["acting"]["calls"]),
        steps=len(slowest),
    )


async def begin(app: App, subject: str) -> ConversationId:
    tokens, at = SystemTokens(), app.clock.now()
    conversation_id, fresh = ConversationId.mint(tokens.token()), CustomerId.mint(tokens.token())

    def create(stores: Stores) -> None:
        known = stores.customers.get_or_create(subject, fresh=fresh, at=at)
        labels = Audiences(labels=frozenset({"public", f"customer:{subject}"}))
        principal = Principal(audiences=labels, subject=subject, customer_id=known, proof="signed_token")
        conversation = Conversation(
            conversation_id=conversation_id,
            channel="web_chat",
            locale="en",
            status=ConversationStatus.ASSISTANT,
            principal=principal,
            last_seq=0,
            created_at=at,
        )
        stores.conversations.create(conversation, token_hash=fresh)

    await app.database.write(create)
    return conversation_id


async def measure(folder: Path, questions: int, latency_ms: int) -> None:
    url = f"http://127.0.0.1:{PORT + (latency_ms > 0)}"
    port = url.rpartition(":")[2]
    command = frontdesk("simulate", "backoffice", "--port", port, "--latency-ms", str(latency_ms))
    with started(command):
        wait_for(f"{url}/_situations")
        async with httpx.AsyncClient() as client:
            situations = (await client.get(f"{url}/_situations")).json()
        subjects = customers_in(situations)
        settings = load_settings(
            {}, assistant_dir=DEMO, data_dir=folder / f"data-{latency_ms}", embedder="none", backoffice_url=url
        )
        async with await open_app(settings) as app:
            for subject in subjects[:4]:  # connections are opened, plans compiled
                await ask(app, subject)
            found = [one for place in range(questions) if (one := await ask(app, subjects[place % len(subjects)]))]
    tell(found, latency_ms)


def customers_in(situations: Any) -> Sequence[str]:
    listed = situations["situations"] if isinstance(situations, dict) else situations
    return sorted({str(one["customer_id"]) for one in listed if one.get("customer_id")})


def tell(found: Sequence[Asked], latency_ms: int) -> None:
    calls, steps = median(one.calls for one in found), median(one.steps for one in found)
    print(f"{len(found)} questions, systems that take {latency_ms} ms; {calls:.0f} calls in {steps:.0f} steps each")
    for name, values, aim in (
        ("added to the calls", [one.added_ms for one in found], AIM_ADDED_MS),
        ("from sending to the whole answer", [one.total_ms for one in found], AIM_TOTAL_MS),
    ):
        ordered = sorted(values)
        p95 = ordered[max(0, int(len(ordered) * 0.95) - 1)]
        print(f"  {name:34} p50 {median(values):7.1f} ms   p95 {p95:7.1f} ms   aim {aim} ms", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=60)
    options = parser.parse_args()
    print(describe_machine())
    with tempfile.TemporaryDirectory(prefix="frontdesk-acting-") as folder:
        for latency_ms in (0, LATENCY_MS):
            asyncio.run(measure(Path(folder), options.questions, latency_ms))


if __name__ == "__main__":
    main()
