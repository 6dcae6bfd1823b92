"""The console's doors: a staff key, a link, a session, and what each refuses."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from frontdesk.bootstrap import create_staff_link
from frontdesk.server.access import GUESSES, SESSION_COOKIE
from frontdesk.server.pages.console.signing_in import SESSION_HOURS, own_page

KEY = "fd_a-key-for-tests"
OURS = {"Sec-Fetch-Site": "same-origin"}
BROWSER = {"Accept": "text/html"}
FIRST_PAGE = "/console/conversations"


@pytest.fixture
def later(desk: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Moves the clock on."""
    now = desk.app.clock.now

    def move(by: timedelta) -> None:
        monkeypatch.setattr(type(desk.app.clock), "now", lambda _: now() + by)

    return move


async def _sign_in(desk: Any, headers: Any = OURS, **form: str) -> Any:
    return await desk.client.post("/console/sign-in", data=form or {"key": KEY}, headers=headers)


async def test_the_right_key_opens_a_session(desk: Any) -> None:
    response = await _sign_in(desk, key=f" {KEY}\n", next="/console/knowledge?q=boots")
    assert (response.status_code, response.headers["location"]) == (303, "/console/knowledge?q=boots")
    cookie = response.headers["set-cookie"]
    assert cookie.startswith(f"{SESSION_COOKIE}=fs_")
    assert {"HttpOnly", "Path=/console", "SameSite=lax"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert (await desk.client.get("/console", headers=BROWSER)).headers["location"] == FIRST_PAGE


async def test_over_https_the_cookie_never_travels_in_the_clear(desk: Any) -> None:
    response = await desk.client.post("https://desk/console/sign-in", data={"key": KEY}, headers=OURS)
    assert "Secure" in response.headers["set-cookie"].split("; ")


async def test_the_database_has_only_the_hash_of_a_session(desk: Any) -> None:
    await _sign_in(desk)
    token = desk.client.cookies[SESSION_COOKIE]
    assert await desk.app.database.read(lambda stores: stores.staff_sessions.find(token, kind="session")) is None


@pytest.mark.parametrize(
    ("key", "said"), [("fd_wrong", "This key is not valid."), ("", "Enter a staff key."), ("x" * 9_000, "not valid")]
)
async def test_a_wrong_key_is_told_on_the_page(desk: Any, key: str, said: str) -> None:
    response = await _sign_in(desk, key=key, next="/console/knowledge")
    assert response.status_code == 401
    assert said in response.text
    assert 'aria-invalid="true"' in response.text
    assert 'value="/console/knowledge"' in response.text
    assert "set-cookie" not in response.headers


async def test_guessing_is_slow_and_says_how_long_to_wait(desk: Any) -> None:
    statuses = [(await _sign_in(desk, key=f"fd_{number}")).status_code for number in range(GUESSES)]
    response = await _sign_in(desk, key="fd_again")
    assert statuses == [401] * GUESSES
    assert response.status_code == 429
    assert f"Wait {response.headers['retry-after']} seconds" in response.text
    assert (await _sign_in(desk, key=KEY)).status_code == 303


async def test_links_are_guessed_as_slowly_as_keys(desk: Any) -> None:
    statuses = [(await _sign_in(desk, link=f"fdl_{number}")).status_code for number in range(GUESSES + 1)]
    assert statuses == [401] * GUESSES + [429]


async def test_a_link_signs_in_everybody_who_was_given_it_for_an_hour(
    desk: Any, later: Callable[[timedelta], None]
) -> None:
    link = await create_staff_link(desk.app)
    later(timedelta(minutes=59))
    for _ in range(2):
        assert (await _sign_in(desk, link=link)).headers["location"] == FIRST_PAGE
    later(timedelta(minutes=61))
    response = await _sign_in(desk, link=link)
    assert response.status_code == 401
    assert "This sign-in link has expired" in response.text


async def test_a_key_is_no_link_and_a_link_is_no_key(desk: Any) -> None:
    link = await create_staff_link(desk.app)
    assert (await _sign_in(desk, link=KEY)).status_code == 401
    assert (await _sign_in(desk, key=link)).status_code == 401
    response = await desk.client.get("/console", headers={**BROWSER, "Cookie": f"{SESSION_COOKIE}={link}"})
    assert "/console/sign-in" in response.headers["location"]


async def test_the_page_of_a_link_explains_itself_without_a_script(desk: Any) -> None:
    page = (await desk.client.get("/console/sign-in")).text
    assert "<noscript>" in page
    assert "Use a staff key" in page


async def test_a_session_ends_after_twelve_hours_and_says_so(desk: Any, later: Callable[[timedelta], None]) -> None:
    await _sign_in(desk)
    later(timedelta(hours=SESSION_HOURS, seconds=-1))
    assert (await desk.client.get("/console", headers=BROWSER)).headers["location"] == FIRST_PAGE
    later(timedelta(hours=SESSION_HOURS))
    response = await desk.client.get("/console?a=b&c", headers=BROWSER)
    assert response.headers["location"] == "/console/sign-in?next=/console%3Fa%3Db%26c&ended"
    page = (await desk.client.get(response.headers["location"])).text
    assert "Your session has ended" in page
    assert 'value="/console?a=b&amp;c"' in page


async def test_sessions_that_ended_long_ago_are_swept_up_at_the_next_sign_in(
    desk: Any, later: Callable[[timedelta], None]
) -> None:
    await _sign_in(desk)
    later(timedelta(days=30))
    await _sign_in(desk)
    later(timedelta(days=60))
    left = desk.app.clock.now()
    assert await desk.app.database.write(lambda stores: stores.staff_sessions.remove_ended(before=left)) == 1


async def test_signing_out_ends_the_session_for_good(desk: Any) -> None:
    await _sign_in(desk)
    stolen = {"Cookie": f"{SESSION_COOKIE}={desk.client.cookies[SESSION_COOKIE]}"}
    response = await desk.client.post("/console/sign-out", headers=OURS)
    assert response.headers["location"] == "/console/sign-in?left"
    assert SESSION_COOKIE not in desk.client.cookies
    assert "You are signed out." in (await desk.client.get(response.headers["location"])).text
    assert "sign-in" in (await desk.client.get("/console", headers={**BROWSER, **stolen})).headers["location"]


async def test_who_is_not_signed_in_comes_back_to_the_page_afterwards(desk: Any) -> None:
    response = await desk.client.get("/console?tour=1", headers=BROWSER)
    assert (response.status_code, response.headers["location"]) == (303, "/console/sign-in?next=/console%3Ftour%3D1")


async def test_a_part_of_a_page_sends_the_whole_page_to_the_sign_in(desk: Any) -> None:
    headers = {**BROWSER, "HX-Request": "true", "HX-Current-URL": "http://desk/console/conversations?q=x"}
    response = await desk.client.get("/console", headers=headers)
    assert response.status_code == 401
    assert response.headers["hx-redirect"] == "/console/sign-in?next=/console/conversations%3Fq%3Dx"


async def test_a_stream_or_a_program_is_told_in_its_own_way(desk: Any) -> None:
    for accepted in ("text/event-stream", "application/json", "*/*"):
        response = await desk.client.get("/console", headers={"Accept": accepted})
        assert (response.status_code, response.json()["code"]) == (401, "signed_out")


@pytest.mark.parametrize(
    ("headers", "is_ours"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Origin": "http://desk"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://desk"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "http://desk.evil.example"}, False),
        ({"Origin": "http://desk:8000"}, False),
        ({"Origin": "null"}, False),
        ({}, False),
    ],
)
async def test_only_our_own_pages_change_anything(desk: Any, headers: dict[str, str], is_ours: bool) -> None:
    expected = 303 if is_ours else 403
    assert (await _sign_in(desk, headers=headers)).status_code == expected
    await _sign_in(desk)
    assert (await desk.client.post("/console/sign-out", headers=headers)).status_code == expected


async def test_a_program_with_a_key_needs_no_page(desk: Any) -> None:
    assert (await desk.client.get("/console", headers=desk.staff)).status_code == 303
    assert (await desk.client.post("/console/sign-out", headers=desk.staff)).status_code == 303


async def test_a_wrong_key_is_not_mended_by_a_session(desk: Any) -> None:
    await _sign_in(desk)
    response = await desk.client.get("/console", headers={"Authorization": "Bearer fd_wrong"})
    assert response.status_code == 401


async def test_the_session_is_of_no_use_to_the_api(desk: Any) -> None:
    await _sign_in(desk)
    cookie = {"Cookie": f"{SESSION_COOKIE}={desk.client.cookies[SESSION_COOKIE]}"}
    assert (await desk.client.get("/v1/admin/release", headers=cookie)).status_code == 401


async def test_a_form_must_be_a_form(desk: Any) -> None:
    as_json = await desk.client.post("/console/sign-in", json={"key": KEY}, headers=OURS)
    assert as_json.status_code == 415
    crowded = await desk.client.post("/console/sign-in", data={f"f{n}": "" for n in range(200)}, headers=OURS)
    assert crowded.status_code == 400


@pytest.mark.parametrize("address", ["/console", "/console/turns/turn_x?tour=3", "/console?next=/console", FIRST_PAGE])
def test_goes_on_to_pages_of_the_console(address: str) -> None:
    assert own_page(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "/",
        "//evil.example/console",
        "https://evil.example/console",
        "/consolex",
        "/console\\@evil.example",
        "/console/\r\nSet-Cookie: a=b",
        "/console/ü",
        "/console/sign-in?next=/console",
        "javascript:alert(1)",
        " /console",
        "/v1/admin/release",
    ],
)
async def test_goes_on_to_nowhere_else(desk: Any, address: str) -> None:
    assert own_page(address) == FIRST_PAGE
    assert (await _sign_in(desk, key=KEY, next=address)).headers["location"] == FIRST_PAGE


async def test_nobody_frames_or_keeps_the_console(desk: Any) -> None:
    headers = (await desk.client.get("/console/sign-in")).headers
    assert headers["content-security-policy"].endswith("frame-ancestors 'self'")
    assert headers["cache-control"] == "private, no-store"
