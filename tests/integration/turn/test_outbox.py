"""What was promised with a commit is told until it is taken."""

import asyncio
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import a_release, a_world
from frontdesk.domain.errors import UnavailableError
from frontdesk.turn.outbox import LONGEST_PAUSE_S, OutboxDispatcher, pause_s


class Listener:
    """Takes notices, after having failed so many times."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.taken: list[tuple[str, str, str]] = []

    async def notify(self, topic: str, *, key: str, body: str) -> None:
        if self.failures:
            self.failures -= 1
            raise UnavailableError("not now")
        self.taken.append((topic, key, body))


async def test_an_escalation_is_told_once(tmp_path: Path, url: str) -> None:
    listener = Listener()
    async with a_world(a_release(tmp_path), url=url) as world:
        conversation = await world.a_conversation()
        await world.ask(conversation, "I want to talk to a person")
        dispatcher = OutboxDispatcher(world.database, listener, owner="outbox")
        sent = [await dispatcher.send_due(), await dispatcher.send_due()]

    assert sent == [1, 0]
    ((topic, key, body),) = listener.taken
    assert topic == "escalation.opened"
    assert key.startswith("esc_")
    assert json.loads(body)["conversation_id"] == conversation


async def test_a_notice_that_was_not_taken_comes_again_later_and_is_not_lost(tmp_path: Path, url: str) -> None:
    listener = Listener(failures=1)
    async with a_world(a_release(tmp_path), url=url) as world:
        await world.ask(await world.a_conversation(), "I want to talk to a person")
        dispatcher = OutboxDispatcher(world.database, listener, owner="outbox")
        tried = await dispatcher.send_due()
        at_once = await dispatcher.send_due()
        waiting = len(listener.taken)

    assert (tried, at_once, waiting) == (1, 0, 0)


class Broken:
    """Fails in a way that nobody thought of."""

    def __init__(self) -> None:
        self.asked = 0

    async def notify(self, topic: str, *, key: str, body: str) -> None:
        self.asked += 1
        raise ZeroDivisionError


async def test_a_notifier_that_crashes_neither_loses_a_notice_nor_ends_the_dispatcher(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("frontdesk.turn.outbox.POLL_S", 0.01)
    broken = Broken()
    async with a_world(a_release(tmp_path)) as world:
        dispatcher = OutboxDispatcher(world.database, broken, owner="outbox")
        running = asyncio.create_task(dispatcher.run())
        for _ in range(2):
            await world.ask(await world.a_conversation(), "I want to talk to a person")
        async with asyncio.timeout(5):
            while broken.asked < 2:
                await asyncio.sleep(0.01)
        assert not running.done()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@given(st.integers(min_value=0, max_value=10_000))
def test_pauses_grow_and_stay_bounded(attempts: int) -> None:
    assert 1.0 <= pause_s(attempts) <= LONGEST_PAUSE_S
