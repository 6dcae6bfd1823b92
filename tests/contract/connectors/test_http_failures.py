"""Every way in which a system over HTTP can fail, and what becomes of a read and of an effect."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from outside import Asked, FakeSystem, Outside, Said, described, fake_system, opened, says

GOOD = says({"id": "o1", "owner": "c1", "total": 12.5})
DONE = says({"id": "r1"}, status=201)
OPERATIONS: dict[str, Any] = {
    "order": {
        "request": "GET /orders/{number}",
        "arguments": {"number": "id"},
        "fields": {"id": "id", "owner": "id", "total": "money"},
    },
    "refund": {
        "kind": "effect",
        "request": "POST /refunds",
        "arguments": {"order": "id", "amount": "money"},
        "body": {"order": "{order}", "amount": "{amount}"},
        "fields": {"id": "id"},
    },
    "cancel": {
        "kind": "effect",
        "request": "POST /orders/{order}/cancel",
        "arguments": {"order": "id"},
        "keeps_keys": False,
        "read_back": "cancelled",
        "fields": {},
    },
    "cancelled": {
        "request": "GET /cancelled",
        "query": {"key": "{key}"},
        "arguments": {"key": "id"},
        "fields": {"id": "id"},
    },
}
Answer = Callable[[Asked], Any]


@asynccontextmanager
async def a_shop(folder: Path, *said: Said | Answer, **http: Any) -> AsyncIterator[tuple[Outside, FakeSystem]]:
    """A connector to a system that says these one after the other, and the last one for ever."""
    waiting = list(said)

    def answer(asked: Asked) -> Any:
        following = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return following if isinstance(following, Said) else following(asked)

    operations = http.pop("operations", OPERATIONS)
    async with fake_system(answer) as system:
        source = described(folder, {"http": {"base_url": system.url, **http}, "operations": operations})
        async with opened(source, folder) as outside:
            yield outside, system


READ = ("order", {"number": "o1"})
EFFECT = ("refund", {"order": "o1", "amount": 5})
UNKEYED = ("cancel", {"order": "o1"})
FAILURES: list[tuple[str, Said, str, str, int, str]] = [
    # what it does, its reply, kind, cause, attempts of a read, what an effect's end is
    ("breaks", says({}, status=500), "unavailable", "status", 3, "silent"),
    ("is overloaded", says({}, status=503), "unavailable", "status", 3, "silent"),
    ("resets the connection", Said(status=None), "unavailable", "connection", 3, "silent"),
    ("breaks off", Said(body=b'{"id":', is_cut=True), "unavailable", "connection", 3, "silent"),
    ("says to come later", says({}, status=429), "rate_limited", "status", 3, "rate_limited"),
    ("is asked for what it has not", says({}, status=404), "not_found", "status", 1, "not_found"),
    ("refuses", says({"why": "closed"}, status=422), "rejected", "status", 1, "rejected"),
    ("refuses our key", says({}, status=401), "unavailable", "key_refused", 1, "unavailable"),
    ("does not let us", says({}, status=403), "unavailable", "forbidden", 1, "unavailable"),
    ("sends a web page", Said(body=b"<html>", content_type="text/html"), "malformed", "html", 3, "silent"),
    ("sends a page as JSON", Said(body=b"<html>"), "malformed", "not_json", 1, "silent"),
    ("sends another type", Said(body=b"a,b", content_type="text/csv"), "malformed", "not_json", 1, "silent"),
    ("names no type", Said(body=b"{}", content_type=""), "malformed", "not_json", 1, "silent"),
    ("sends nothing", Said(body=b""), "malformed", "field", 1, "silent"),
    ("sends half an object", Said(body=b'{"id": "o1"'), "malformed", "not_json", 1, "silent"),
    ("sends no object", says([1, 2]), "malformed", "field", 1, "silent"),
    ("leaves a field out", says({"total": 1}), "malformed", "field", 1, "silent"),
    ("names a member twice", Said(body=b'{"id": "o1", "id": "o2", "owner": "c1", "total": 1}'), "malformed", "not_json", 1, "silent"),
    ("sends no number", Said(body=b'{"id": "o1", "owner": "c1", "total": NaN}'), "malformed", "not_json", 1, "silent"),
    ("sends infinity", Said(body=b'{"id": "o1", "owner": "c1", "total": -Infinity}'), "malformed", "not_json", 1, "silent"),
    ("sends no text", Said(body=b'{"id": "\xff"}'), "malformed", "not_json", 1, "silent"),
    ("sends a bottomless list", Said(body=b"[" * 60_000), "malformed", "not_json", 1, "silent"),
    ("sends too much", Said(body=b" " * 70_000 + b"{}"), "malformed", "too_large", 1, "silent"),
    ("packs its reply", Said(body=b"\x1f\x8b", headers={"content-encoding": "gzip"}), "malformed", "not_json", 1, "silent"),
    ("leads elsewhere", says({}, status=302, headers={"location": "http://127.0.0.2:9/x"}), "malformed", "redirect", 1, "silent"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "kind", "cause", "attempts"), [row[1:5] for row in FAILURES], ids=[row[0] for row in FAILURES]
)
async def test_a_read_fails_in_one_of_the_agreed_ways_when_the_system(
    tmp_path: Path, said: Said, kind: str, cause: str, attempts: int
) -> None:
    async with a_shop(tmp_path, said, max_bytes=65_536) as (shop, system):
        found = await shop.call(*READ)

    assert (found.kind, found.details["cause"], found.attempts) == (kind, cause, attempts)
    assert len(system.asked) == attempts
    assert found.operation == "shop.order"


@pytest.mark.parametrize(("said", "end"), [(row[1], row[5]) for row in FAILURES], ids=[row[0] for row in FAILURES])
async def test_an_effect_without_keys_is_made_once_when_the_system(tmp_path: Path, said: Said, end: str) -> None:
    reply = Said(
        status=said.status, body=said.body, headers=said.headers, content_type=said.content_type, is_cut=said.is_cut
    )
    operations = {**OPERATIONS, "cancel": {**OPERATIONS["cancel"], "fields": {"id": "id"}}}
    async with a_shop(tmp_path, reply, max_bytes=65_536, operations=operations) as (shop, system):
        found = await shop.call(*UNKEYED, key="k1")

    assert found.kind == end
    assert len(system.asked) == (3 if end == "rate_limited" else 1)  # 429: it was not even looked at


async def test_an_effect_with_a_key_is_repeated_under_the_same_key_and_bytes(tmp_path: Path) -> None:
    async with a_shop(tmp_path, says({}, status=500), Said(status=None), DONE) as (shop, system):
        found = await shop.call(*EFFECT, key="k1")

    assert (found.row, found.attempts) == ({"id": "r1"}, 3)
    assert {asked.headers["idempotency-key"] for asked in system.asked} == {"k1"}
    assert len({asked.body for asked in system.asked}) == 1


async def test_nobody_knows_whether_an_effect_took_place_that_was_answered_with_nonsense(tmp_path: Path) -> None:
    async with a_shop(tmp_path, says({"unexpected": 1})) as (shop, _):
        found = await shop.call(*EFFECT, key="k1")

    assert (found.kind, found.details["kind"], found.details["field"]) == ("silent", "malformed", "id")


async def test_an_unclear_attempt_is_not_forgotten_by_a_clear_refusal_after_it(tmp_path: Path) -> None:
    async with a_shop(tmp_path, says({}, status=500), says({}, status=409)) as (shop, _):
        found = await shop.call(*EFFECT, key="k1")

    assert (found.kind, found.details["kind"]) == ("silent", "rejected")


async def test_an_effect_needs_a_key(tmp_path: Path) -> None:
    async with a_shop(tmp_path, DONE) as (shop, system):
        found = await shop.call(*EFFECT)

    assert (found.kind, system.asked) == ("rejected", [])


async def test_a_refused_connection_leaves_no_doubt_about_an_effect(tmp_path: Path) -> None:
    source = described(tmp_path, {"http": {"base_url": "http://127.0.0.1:9"}, "operations": OPERATIONS})
    async with opened(source, tmp_path) as shop:
        found = await shop.call(*UNKEYED, key="k1")

    assert (found.kind, found.details["cause"], found.attempts) == ("unavailable", "connection", 3)


async def test_waits_for_as_long_as_the_system_asks(tmp_path: Path) -> None:
    async with a_shop(tmp_path, says({}, status=429, headers={"retry-after": "2"}), GOOD) as (shop, _):
        found = await shop.call(*READ)

    assert found.row["id"] == "o1"
    assert 2 in shop.pauses.slept


async def test_does_not_wait_longer_than_there_is_time(tmp_path: Path) -> None:
    async with a_shop(tmp_path, says({}, status=429, headers={"retry-after": "60"})) as (shop, system):
        found = await shop.call(*READ)
        again = await shop.call(*READ)

    assert (found.kind, found.attempts) == ("rate_limited", 1)
    assert (again.kind, again.attempts, len(system.asked)) == ("rate_limited", 0, 1)  # it was asked to be left alone


async def test_pauses_grow_and_are_drawn_by_chance(tmp_path: Path) -> None:
    async with a_shop(tmp_path, says({}, status=500), attempts=4) as (shop, _):
        await shop.call(*READ)

    assert shop.pauses.slept == [0.05, 0.1, 0.2]  # half of 0.1, 0.2 and 0.4


async def test_silence_ends_with_the_attempts_time_and_hangs_up(tmp_path: Path) -> None:
    operations = {"order": {**OPERATIONS["order"], "timeout_s": 0.05}}
    async with a_shop(tmp_path, Said(never=True), attempts=1, operations=operations) as (shop, system):
        found = await shop.call(*READ)
        async with asyncio.timeout(5):
            await system.hung_up.wait()

    assert (found.kind, found.details["cause"]) == ("silent", "time")


async def test_the_deadline_holds_for_all_attempts_together(tmp_path: Path) -> None:
    async with a_shop(tmp_path, Said(never=True)) as (shop, system):
        found = await shop.call(*READ, deadline_s=0.05)

    assert (found.kind, found.attempts, len(system.asked)) == ("silent", 1, 1)
    assert found.took_ms < 1000


async def test_a_cancelled_call_hangs_up_and_leaves_the_next_one_its_own_reply(tmp_path: Path) -> None:
    async with a_shop(tmp_path, Said(never=True), says({"id": "o2", "owner": "c1", "total": 1})) as (shop, system):
        first = asyncio.create_task(shop.call(*READ))
        while not system.asked:
            await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        found = await shop.call("order", {"number": "o2"})

    assert found.row["id"] == "o2"
    assert system.hung_up.is_set()


async def test_follows_a_read_on_its_own_host_and_no_effect(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Said:
        return GOOD if asked.target == "/moved" else says({}, status=307, headers={"location": "/moved"})

    async with a_shop(tmp_path, answer) as (shop, system):
        assert (await shop.call(*READ)).row["id"] == "o1"
        assert (await shop.call(*EFFECT, key="k1")).kind == "silent"

    assert [asked.method for asked in system.asked] == ["GET", "GET", "POST"]


async def test_asks_nobody_any_more_after_three_failures_of_a_kind(tmp_path: Path) -> None:
    async with a_shop(tmp_path, says({}, status=500), attempts=1) as (shop, system):
        ends = [await shop.call(*READ) for _ in range(5)]
        told = shop.telemetry.render().decode()

    assert [end.details["cause"] for end in ends] == ["status"] * 3 + ["breaker"] * 2
    assert shop.told == ["breaker.opened shop"]
    assert len(system.asked) == 3
    assert ends[-1].kind == "unavailable"
    assert (
        'frontdesk_connector_calls_total{cause="breaker",connector="shop",operation="order",outcome="unavailable"} 2.0'
        in told
    )


async def test_one_call_that_always_fails_does_not_have_a_system_left_alone(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Said:
        return says({}, status=500) if asked.target == "/orders/poison" else GOOD

    async with a_shop(tmp_path, answer) as (shop, system):
        poisoned = await shop.call("order", {"number": "poison"})
        found = await shop.call(*READ)

    assert (poisoned.attempts, len(system.asked), found.row["id"]) == (3, 4, "o1")


async def test_a_refused_record_says_nothing_about_the_systems_health(tmp_path: Path) -> None:
    async with a_shop(tmp_path, says({"total": "1"}), attempts=1) as (shop, system):
        for _ in range(5):
            await shop.call(*READ)

    assert len(system.asked) == 5
    assert shop.told == ["system.not_as_agreed shop.order"] * 5


async def test_says_why_it_was_refused_without_what_may_be_somebodys_data(tmp_path: Path) -> None:
    said = says({"error": {"message": "ann@shop.example may not\r\nhave 4111 1111 1111 1111"}}, status=422)
    async with a_shop(tmp_path, said, error_text="error.message") as (shop, _):
        found = await shop.call(*READ)

    assert found.why == "status 422: … may not have …"


async def test_a_status_means_what_the_mapping_says(tmp_path: Path) -> None:
    operations = {"order": {**OPERATIONS["order"], "failures": {409: "rate_limited", 403: "not_found"}}}
    async with a_shop(tmp_path, says({}, status=403), operations=operations) as (shop, _):
        assert (await shop.call(*READ)).kind == "not_found"
    async with a_shop(tmp_path, says({}, status=409), operations=operations) as (shop, system):
        assert (await shop.call(*READ)).kind == "rate_limited"
        assert len(system.asked) == 3


async def test_an_argument_cannot_lead_elsewhere(tmp_path: Path) -> None:
    async with a_shop(tmp_path, GOOD) as (shop, system):
        await shop.call("order", {"number": "../admin?x=1#y"})
        ends = [await shop.call("order", {"number": number}) for number in (".", "..", "a\r\nb")]

    assert [asked.target for asked in system.asked] == ["/orders/..%2Fadmin%3Fx%3D1%23y"]
    assert {end.kind for end in ends} == {"rejected"}


async def test_a_session_that_a_system_begins_for_one_customer_is_not_the_next_ones(tmp_path: Path) -> None:
    said = Said(body=GOOD.body, headers={"set-cookie": "session=ann; Path=/"})
    async with a_shop(tmp_path, said) as (shop, system):
        for _ in range(2):
            await shop.call(*READ)

    assert ["cookie" in asked.headers for asked in system.asked] == [False, False]


async def test_no_more_calls_at_once_than_agreed(tmp_path: Path) -> None:
    running, most = 0, 0

    async def answer(asked: Asked) -> Said:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        return GOOD

    async with a_shop(tmp_path, answer, max_concurrency=2) as (shop, _):
        ends = await asyncio.gather(*(shop.call(*READ) for _ in range(8)))

    assert most == 2
    assert all(end.row["id"] == "o1" for end in ends)


async def test_keeps_to_the_systems_own_limit(tmp_path: Path) -> None:
    async with a_shop(tmp_path, GOOD, requests_per_minute=12) as (shop, system):
        ends = [await shop.call(*READ, deadline_s=4) for _ in range(4)]

    assert [type(end).__name__ for end in ends] == ["CallResult"] * 2 + ["CallFailure"] * 2
    assert (ends[-1].kind, ends[-1].details["cause"], len(system.asked)) == ("rate_limited", "pace", 2)


@pytest.mark.parametrize("secret", ["", "two\nlines"])
async def test_a_key_that_is_not_set_up_is_said_before_anything_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    monkeypatch.setenv("SHOP_KEY", secret)
    async with a_shop(tmp_path, GOOD, auth={"kind": "bearer", "secret_env": "SHOP_KEY"}) as (shop, system):
        found = await shop.call(*READ)

    assert (found.kind, found.details["cause"], system.asked) == ("unavailable", "not_set_up", [])
    assert "SHOP_KEY" in found.why
