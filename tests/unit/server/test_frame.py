"""What is around a console page: navigation, places to go to, the tour."""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import pytest
from fastapi import Request
from fastapi.responses import Response

from frontdesk.server.access import Access
from frontdesk.server.bodies import json_response
from frontdesk.server.pages.console.frame import Frame, frame_for
from frontdesk.server.pages.console.tour import STEPS
from frontdesk.server.pages.rendering import html, templates
from frontdesk.server.routes import Operation, add_operation


async def _show_frame(request: Request) -> Response:
    """The frame as data."""
    return json_response(asdict(await frame_for(request, active="quality", title="Reviews")))


async def _nothing(_: Request) -> Response:
    """Nothing."""
    return Response()


def _add(desk: Any, path: str, handler: Callable[[Request], Any]) -> None:
    add_operation(desk.web, Operation(method="GET", path=path, access=Access.CONSOLE, handler=handler, tag="Console"))


@pytest.fixture
async def frame(desk: Any) -> Callable[..., Any]:
    """The frame of a page whose address has a query."""
    _add(desk, "/console/quality/reviews", _show_frame)

    async def read(query: str = "") -> Any:
        return (await desk.client.get(f"/console/quality/reviews{query}", headers=desk.staff)).json()

    return read


async def test_the_navigation_has_an_area_once_it_has_a_page(desk: Any, frame: Callable[..., Any]) -> None:
    before = (await frame())["areas"]
    assert "Quality" not in [area["label"] for area in before]
    _add(desk, "/console/quality", _nothing)
    after = (await frame())["areas"]
    assert [area["label"] for area in after if area["label"] != "Quality"] == [area["label"] for area in before]
    assert "Quality" in [area["label"] for area in after]
    assert [area["label"] for area in after if area["is_active"]] == ["Quality"]
    assert not any(area["is_here"] for area in after)


async def test_every_area_and_place_leads_to_a_page(desk: Any, frame: Callable[..., Any]) -> None:
    shown = await frame()
    assert (shown["staff_name"], shown["organisation"]) == ("ops", "Harbor & Pine")
    paths = {route.path for route in desk.web.router.routes}
    for item in (*shown["areas"], *(place for place in shown["places"] if not place["prefix"])):
        assert item["href"] in paths
    assert shown["tour"] is None


@pytest.mark.parametrize("number", ["0", "6", "x", "", "1.0", "-1"])
async def test_there_is_no_tour_beyond_its_steps(frame: Callable[..., Any], number: str) -> None:
    assert (await frame(f"?tour={number}"))["tour"] is None


async def test_the_tour_walks_through_the_newest_answered_turn(desk: Any, frame: Callable[..., Any]) -> None:
    conversation_id, headers = await desk.open_conversation()
    turn_id = (await desk.say(conversation_id, headers, "How long?")).json()["turn_id"]
    panels = [(await frame(f"?tour={number}"))["tour"] for number in range(1, 6)]
    addresses = [
        "/console/conversations?tour=1",
        f"/console/conversations/{conversation_id}?tour=2",
        f"/console/turns/{turn_id}?tour=3",
        "/console/knowledge?tour=4",
        "/console/knowledge/try?tour=5",
    ]
    assert [panel["next"] for panel in panels] == [*addresses[1:], ""]
    assert [panel["back"] for panel in panels] == ["", *addresses[:-1]]
    assert [(panel["number"], panel["total"]) for panel in panels] == [(number, 5) for number in range(1, 6)]


async def test_the_tour_passes_over_what_is_not_there_yet(frame: Callable[..., Any]) -> None:
    first, fourth = (await frame("?tour=1"))["tour"], (await frame("?tour=4"))["tour"]
    assert first["next"] == "/console/knowledge?tour=4"
    assert "Nobody has asked anything yet" in first["text"]
    assert fourth["back"] == "/console/conversations?tour=1"


async def test_ending_the_tour_stays_on_the_page(frame: Callable[..., Any]) -> None:
    assert (await frame("?q=a+b&tour=1"))["tour"]["end"] == "/console/quality/reviews?q=a+b"
    assert (await frame("?tour=1"))["tour"]["end"] == "/console/quality/reviews"


def test_every_step_says_one_or_two_sentences() -> None:
    assert len(STEPS) == 5
    assert all(step.text.endswith(".") and len(step.text) < 180 for step in STEPS)


@dataclass(frozen=True)
class BarePage:
    frame: Frame


async def _bare(request: Request) -> Response:
    """The frame around nothing."""
    page = BarePage(frame=await frame_for(request, active="", title="<script>alert(1)</script>"))
    return html(request, "console/base.html", page)


async def test_the_frame_of_a_page_is_markup_without_code(desk: Any) -> None:
    _add(desk, "/console/bare", _bare)
    text = (await desk.client.get("/console/bare?tour=1", headers=desk.staff)).text
    assert "<h1>&lt;script&gt;alert(1)&lt;/script&gt;</h1>" in text
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:|hx-on|js:", text)
    assert not re.findall(r'(?:src|href)="(?!/|#)', text)
    for landmark in ('class="skip"', "<header", 'aria-label="Console"', "<main", 'aria-label="Guided tour"', "<footer"):
        assert text.count(landmark) == 1


async def test_pages_need_no_file_that_is_fetched(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(templates().globals, "has_asset", lambda _: False)
    _add(desk, "/console/bare", _bare)
    text = (await desk.client.get("/console/bare", headers=desk.staff)).text
    assert "/vendor/" not in text
    assert "fonts.css" not in text
    assert "console.js" in text
