"""Staff keys over HTTP: made once, listed without the key, withdrawn with all that was signed in by it."""

from typing import Any

import pytest
from structlog.testing import capture_logs

PATH = "/v1/admin/staff-keys"
OURS = {"Sec-Fetch-Site": "same-origin"}


async def _add(desk: Any, name: str) -> Any:
    return await desk.client.post(PATH, json={"name": name}, headers=desk.staff)


async def _remove(desk: Any, name: str) -> Any:
    return await desk.client.request("DELETE", f"{PATH}/{name}", headers=desk.staff)


async def test_a_new_key_lets_its_holder_in(desk: Any) -> None:
    made = await _add(desk, "Ana")
    assert made.status_code == 201
    key = made.json()["staff_key"]
    listed = await desk.client.get(PATH, headers={"Authorization": f"Bearer {key}"})
    assert [item["name"] for item in listed.json()["items"]] == ["ops", "Ana"]
    assert key not in listed.text


async def test_a_name_is_taken_once(desk: Any) -> None:
    await _add(desk, "Ana")
    again = await _add(desk, "Ana")
    assert again.status_code == 409
    assert again.json()["field"] == "name"
    assert "There is a staff key named Ana already" in again.json()["detail"]


@pytest.mark.parametrize("name", ["", " Ana", "Ana ", "a/b", "x" * 61, "a\nb", "<b>", "-ana"])
async def test_a_name_that_cannot_be_one_is_refused(desk: Any, name: str) -> None:
    refused = await _add(desk, name)
    assert refused.status_code == 400
    assert refused.json()["field"] == "name"


async def test_a_withdrawn_key_opens_nothing_and_its_browsers_are_signed_out(desk: Any) -> None:
    key = (await _add(desk, "Ana")).json()["staff_key"]
    await desk.client.post("/console/sign-in", data={"key": key}, headers=OURS)
    assert (await desk.client.get("/console")).status_code == 303

    removed = await _remove(desk, "Ana")

    assert removed.json() == {"name": "Ana", "sessions_ended": 1, "keys_left": 1}
    assert (await desk.client.get(PATH, headers={"Authorization": f"Bearer {key}"})).status_code == 401
    inside = await desk.client.get("/console", headers={"Accept": "text/html"})
    assert inside.headers["location"].startswith("/console/sign-in")


async def test_a_name_with_signs_and_letters_of_any_script_can_be_withdrawn(desk: Any) -> None:
    for name in ("Ana María", "renée+desk@shop.example"):
        assert (await _add(desk, name)).status_code == 201
        assert (await _remove(desk, name.replace(" ", "%20").replace("+", "%2B"))).status_code == 200


async def test_withdrawing_what_is_not_there_changes_nothing(desk: Any) -> None:
    assert (await _remove(desk, "nobody")).status_code == 404
    assert len((await desk.client.get(PATH, headers=desk.staff)).json()["items"]) == 1


async def test_the_last_key_may_go_and_the_answer_says_so(desk: Any) -> None:
    assert (await _remove(desk, "ops")).json()["keys_left"] == 0


async def test_the_log_says_who_did_it_and_never_the_key(desk: Any) -> None:
    with capture_logs() as lines:
        key = (await _add(desk, "Ana")).json()["staff_key"]
        await _remove(desk, "Ana")
    told = [(line["event"], line["name"], line["by"]) for line in lines]
    assert told == [("staff_key_added", "Ana", "ops"), ("staff_key_removed", "Ana", "ops")]
    assert key not in str(lines)
