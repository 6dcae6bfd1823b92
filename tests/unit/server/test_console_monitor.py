"""The monitor: what staff see of load, models, money and what happened, and what programs read of it."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from frontdesk.bootstrap import FolderState
from frontdesk.domain.errors import ConfigProblem
from frontdesk.domain.money import Cap, LedgerEntry, Level, Span
from frontdesk.domain.release import Ceilings
from frontdesk.domain.usage import Usage
from frontdesk.server.pages.console.monitor.views import ceiling_row, model_row, usd
from frontdesk.server.sums import Sums
from frontdesk.turn.generation import VendorState
from frontdesk.turn.running.runner import Load

MONITOR = "/console/monitor"


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


async def see(desk: Any, path: str = MONITOR, **headers: str) -> str:
    response = await desk.client.get(path, headers={**desk.staff, **headers})
    assert response.status_code == 200, response.text
    return str(response.text)


async def note(desk: Any, kind: str, **values: Any) -> None:
    desk.app.occurrences.note(kind, **{"subject": "acme large-1", **values})
    await desk.app.occurrences.flush()


def a_state(**changes: Any) -> VendorState:
    state = VendorState(
        routes=("main",),
        vendor="acme",
        model="large-1",
        base_url="",
        breaker="closed",
        opened_by="",
        failures=0,
        paused_s=0.0,
        in_flight=2,
        max_concurrency=8,
        attempts=40,
        first_byte_p50_ms=310.0,
        first_byte_p95_ms=1240.0,
        last_result="ok",
        reported_model="large-1",
    )
    return replace(state, **changes)


async def test_an_installation_to_which_nothing_has_happened_says_so_in_every_part(desk: Any) -> None:
    page = words(await see(desk))
    for part in ("No model is asked", "Nothing has cost anything this month", "Nothing has happened", "nobody waits"):
        assert part in page


async def test_the_navigation_leads_there(desk: Any) -> None:
    assert re.search(r'href="/console/monitor" aria-current="page">Monitor<', await see(desk))


async def test_what_happened_is_listed_newest_first_with_its_times_and_can_be_narrowed(desk: Any) -> None:
    await note(desk, "breaker.opened", route="main")
    await note(desk, "breaker.opened", route="main")
    await note(desk, "budget.denied", subject="day 2026-03-01", severity="critical")
    await note(desk, "breaker.closed", severity="info")
    page = words(await see(desk))
    assert "A deployment or another system failed several times in a row" in page
    assert "2 times since" in page
    critical = words(await see(desk, f"{MONITOR}?severity=critical"))
    assert "A ceiling is reached" in critical
    assert "A deployment" not in critical
    assert "A deployment or another system answers again" in words(await see(desk, f"{MONITOR}?severity=nonsense"))


async def test_nothing_in_an_occurrence_becomes_markup(desk: Any) -> None:
    await note(desk, "vendor.model_changed", subject="<script>alert(1)</script>", reported="<b>x</b>")
    page = await see(desk)
    assert "&lt;script&gt;alert(1)" in page
    assert "<b>x</b>" not in page


async def test_a_rejected_folder_is_told_on_top_with_file_and_line(desk: Any) -> None:
    problem = ConfigProblem(where="models.yaml:3", message="There is no rung `x`.")
    desk.app.reloader.state = FolderState(problems=(problem,))
    page = await see(desk)
    assert 'role="alert"' in page
    assert "models.yaml:3: There is no rung `x`." in words(page)


async def test_money_is_summed_up_and_requests_without_a_price_are_told(desk: Any) -> None:
    at = desk.app.clock.now()
    entry = LedgerEntry(
        at=at, purpose="answer", vendor="acme", model="large-1", usage=Usage(input_tokens=9), cost_usd=Decimal("1.25")
    )
    unknown = replace(entry, model="own", cost_usd=None, purpose="judge")
    long_ago = replace(entry, at=at - timedelta(days=70), cost_usd=Decimal(99))
    await desk.app.database.write(lambda stores: stores.ledger.add([entry, unknown, long_ago]))
    page = words(await see(desk))
    assert "$1.25" in page
    assert "$99" not in page
    assert "1 request this month has no known price" in page
    assert "second readings" in page
    assert "acme/own" in page


async def test_only_what_changes_is_sent_when_only_that_is_asked_for(desk: Any) -> None:
    part = await see(desk, **{"HX-Request": "true", "HX-Target": "section#monitor"})
    assert part.lstrip().startswith("<section")
    assert "<html" not in part


async def test_the_version_changes_with_what_is_shown_and_not_otherwise(desk: Any) -> None:
    async def version() -> str:
        found: str = (await desk.client.get(f"{MONITOR}/live", headers=desk.staff)).json()["version"]
        return found

    first = await version()
    assert await version() == first
    await note(desk, "load.waiting", subject="messages")
    assert await version() != first


async def test_the_stream_tells_of_a_change(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("frontdesk.server.pages.console.monitor.page.EVERY_S", 0.05)
    headers = {**desk.staff, "Accept": "text/event-stream"}
    since = (await desk.client.get(f"{MONITOR}/live", headers=desk.staff)).json()["version"]
    async with desk.stream("GET", f"{MONITOR}/live?since={since}", headers) as stream:
        await note(desk, "config.reloaded", severity="info")
        (changed,) = await stream.events(count=1)
    assert changed["kind"] == "changed"
    assert changed["id"] != since


async def test_programs_read_the_same(desk: Any) -> None:
    await note(desk, "breaker.opened", route="main", failures=3)
    await note(desk, "breaker.closed", severity="info")
    desk.app.vendors = SimpleNamespace(states=lambda: (a_state(),))

    async def read(path: str) -> Any:
        response = await desk.client.get(path, headers=desk.staff)
        assert response.status_code == 200, response.text
        return response.json()

    assert [one["kind"] for one in (await read("/v1/admin/occurrences"))["items"]] == [
        "breaker.closed",
        "breaker.opened",
    ]
    (opened,) = (await read("/v1/admin/occurrences?severity=warning&limit=1"))["items"]
    assert opened["detail"] == {"route": "main", "failures": 3}
    assert (await read("/v1/admin/vendors"))["items"][0]["first_byte_p95_ms"] == 1240.0
    assert (await read("/v1/admin/load"))["hands"] == 4


@pytest.mark.parametrize("query", ["severity=loud", "limit=0", "limit=501", "limit=many"])
async def test_a_wrong_parameter_is_named(desk: Any, query: str) -> None:
    answer = await desk.client.get(f"/v1/admin/occurrences?{query}", headers=desk.staff)
    assert answer.status_code == 400
    assert answer.json()["field"] == query.partition("=")[0]


@pytest.mark.parametrize(
    ("changes", "badge", "why"),
    [
        ({}, "asked", ""),
        ({"breaker": "open", "opened_by": "silence"}, "left alone", "it did not begin to answer"),
        ({"breaker": "half_open", "opened_by": "limit"}, "being tried", "it asked for fewer requests"),
        ({"paused_s": 90.0}, "asked", "it asked for a pause of 1 min"),
        ({"reported_model": "large-2"}, "asked", "it reports large-2"),
        ({"attempts": 0, "reported_model": ""}, "not asked yet", ""),
    ],
)
def test_a_model_is_told_in_words(changes: dict[str, Any], badge: str, why: str) -> None:
    row = model_row(a_state(**changes))
    assert (row.badge.text, row.why) == (badge, why)
    assert (row.in_flight, row.first_text) == ("2 of 8", "310 ms / 1.24 s")


async def test_the_last_hour_tells_how_turns_went_and_how_fast_they_were(desk: Any) -> None:
    assert "Nobody was answered." in words(await see(desk))
    conversation_id, headers = await desk.open_conversation()
    await desk.say(conversation_id, headers, "How long?")
    desk.web.state.sums = Sums(desk.app.database, desk.app.clock)
    page = words(await see(desk))
    assert "Answered 100% 0 failed" in page
    assert re.search(r"Whole answer, p50 [\d.]+ m?s p95 [\d.]+ m?s, p99", page)
    pace = (await desk.client.get("/v1/admin/pace", headers=desk.staff)).json()
    assert (pace["turns"], pace["outcomes"]) == (1, {"answered": 1})
    assert pace["total_ms"]["p99"] >= 0


async def test_load_that_waits_says_for_how_long(desk: Any) -> None:
    busy = Load(running=4, hands=4, waiting=7, kept=2, oldest_s=61.0, refused=3)
    desk.turns.load = lambda: busy
    page = words(await see(desk))
    assert "longest for 1 min" in page
    assert "their customers were told so" in page


@pytest.mark.parametrize(
    ("spent", "tone", "effect"),
    [("1", "good", ""), ("7", "warn", "a smaller model"), ("8.5", "warn", "shorter"), ("9.5", "bad", "quote")],
)
def test_a_ceiling_says_what_it_changes(a_level: Callable[[str], Any], spent: str, tone: str, effect: str) -> None:
    row = ceiling_row(a_level(spent), Ceilings())
    assert row.tone == tone
    assert effect in row.effect


@pytest.fixture
def a_level() -> Callable[[str], Any]:
    cap = Cap(span=Span(scope="day", key="2026-03-01"), usd=Decimal(10))
    return lambda spent: Level(cap=cap, spent_usd=Decimal(spent), reserved_usd=Decimal(0))


@pytest.mark.parametrize(
    ("amount", "text"), [("0", "$0"), ("1234.5", "$1,234.50"), ("0.0312", "$0.0312"), ("0.00000125", "$0.000001")]
)
def test_small_amounts_keep_their_digits(amount: str, text: str) -> None:
    assert usd(Decimal(amount)) == text
