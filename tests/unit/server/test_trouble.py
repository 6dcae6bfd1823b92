"""Problems as people see them; programs go on getting problem details."""

import re
from typing import Any

import pytest
from fastapi import Request
from fastapi.responses import Response

from frontdesk.domain.errors import UnavailableError
from frontdesk.server.access import Access
from frontdesk.server.problems import TooManyAttemptsError
from frontdesk.server.routes import Operation, add_operation

BROWSER = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
FRAGMENT = {"Accept": "text/html", "HX-Request": "true"}


@pytest.fixture
def failing(desk: Any) -> Any:
    """A desk with pages that do not work."""

    async def broken(_: Request) -> Response:
        """Breaks."""
        raise RuntimeError("a secret of the inside")

    async def down(_: Request) -> Response:
        """Is not available."""
        raise UnavailableError("The database <b>is</b> restarting.", retry_after_s=7)

    async def busy(_: Request) -> Response:
        """Is asked too often."""
        raise TooManyAttemptsError("Too many wrong keys came from your address.", retry_after_s=6)

    for handler in (broken, down, busy):
        path = f"/{handler.__name__}"
        for prefix in ("", "/v1", "/console"):
            add_operation(
                desk.web,
                Operation(method="GET", path=f"{prefix}{path}", access=Access.PUBLIC, handler=handler, tag="Test"),
            )
    return desk


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/nothing", 404, "There is nothing here."),
        ("/down", 503, "&lt;b&gt;is&lt;/b&gt; restarting."),
        ("/busy", 429, "Wait a little"),
        ("/broken", 500, "The mistake is ours"),
    ],
)
async def test_a_browser_gets_a_page(failing: Any, path: str, status: int, said: str) -> None:
    response = await failing.client.get(path, headers=BROWSER)
    assert response.status_code == status
    assert response.headers["content-type"].startswith("text/html")
    assert response.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    assert said in response.text
    assert "secret" not in response.text
    assert 'href="/"' in response.text
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", response.text)


async def test_a_page_of_the_console_leads_back_to_the_console(failing: Any) -> None:
    page = (await failing.client.get("/console/nothing", headers=BROWSER)).text
    assert 'href="/console/conversations"' in page


async def test_only_our_own_mistakes_have_a_reference(failing: Any) -> None:
    broken = (await failing.client.get("/broken", headers=BROWSER)).text
    assert re.search(r"urn:frontdesk:request:\w{26}", broken)
    assert "urn:" not in (await failing.client.get("/nothing", headers=BROWSER)).text


async def test_the_time_to_wait_goes_with_the_page(failing: Any) -> None:
    assert (await failing.client.get("/down", headers=BROWSER)).headers["retry-after"] == "7"
    assert (await failing.client.get("/console/busy", headers=FRAGMENT)).headers["retry-after"] == "6"


async def test_a_part_of_a_page_becomes_a_notice(failing: Any) -> None:
    response = await failing.client.get("/console/down", headers=FRAGMENT)
    assert response.status_code == 503
    assert response.headers["content-type"].startswith("text/plain")
    assert response.headers["hx-trigger"] == (
        '{"toast": {"text": "The database <b>is</b> restarting.", "tone": "bad"}}'
    )


async def test_the_method_that_a_page_lacks_is_told(desk: Any) -> None:
    response = await desk.client.put("/console/sign-in", headers=BROWSER)
    assert response.status_code == 405
    assert response.headers["content-type"].startswith("text/html")
    assert response.headers["allow"]


@pytest.mark.parametrize("path", ["/v1/broken", "/v1/down", "/v1/nothing", "/static/nothing.js", "/openai/v1/nothing"])
async def test_programs_get_problem_details_whatever_they_accept(failing: Any, path: str) -> None:
    response = await failing.client.get(path, headers=BROWSER)
    assert response.status_code >= 400
    assert response.headers["content-type"] in ("application/problem+json", "application/json")


async def test_who_does_not_ask_for_a_page_gets_problem_details(failing: Any) -> None:
    response = await failing.client.get("/broken", headers={"Accept": "*/*"})
    assert response.json()["code"] == "internal"


async def test_a_page_that_cannot_be_drawn_hides_no_problem(failing: Any) -> None:
    def fail(*_: Any) -> Response:
        raise ValueError

    failing.web.state.show_trouble = fail
    response = await failing.client.get("/down", headers=BROWSER)
    assert (response.status_code, response.json()["code"]) == (503, "dependency_unavailable")
