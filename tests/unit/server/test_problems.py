"""Errors over HTTP: readable, complete, and never a 500 for what a client sent."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from frontdesk.domain import errors
from frontdesk.server.problems import PROBLEM_CODES, status_of


async def _post(desk: Any, content: bytes, **headers: str) -> httpx.Response:
    sent = {"Content-Type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    response: httpx.Response = await desk.client.post("/v1/conversations", content=content, headers=sent)
    return response


async def test_a_problem_says_what_where_and_which_request(desk: Any) -> None:
    response = await _post(desk, b'{"chan": "web_chat"}')
    problem = response.json()
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["code"] == "invalid_fields"
    assert problem["errors"] == [{"field": "chan", "message": "There is no such field."}]
    assert problem["type"] == "/docs#problem-invalid_fields"
    assert problem["instance"].startswith("urn:frontdesk:request:")


async def test_names_every_wrong_field_without_repeating_its_value(desk: Any) -> None:
    response = await _post(desk, b'{"channel": "fax-4711", "locale": 7}')
    fields = [mistake["field"] for mistake in response.json()["errors"]]
    assert fields == ["channel", "locale"]
    assert "4711" not in response.text


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"nope", b'{"channel": "web_chat"', b"\xff\xfe", b'"\\ud800"', b"[" * 50_000, b'{"a":' * 10_000],
    ids=["nothing", "cut", "no JSON", "cut later", "no UTF-8", "half a surrogate", "deep list", "deep object"],
)
async def test_refuses_what_is_not_json(desk: Any, content: bytes) -> None:
    conversation_id, headers = await desk.open_conversation()
    response = await desk.client.post(
        f"/v1/conversations/{conversation_id}/messages",
        content=content,
        headers={**headers, "Content-Type": "application/json", "Idempotency-Key": "k"},
    )
    assert response.status_code == 400
    assert response.json()["code"] == "invalid_json"


@pytest.mark.parametrize("content", [b"[]", b"7", b"null", b'{"text": 7}', b'{"text": null}', b'{"text": ""}', b"{}"])
async def test_refuses_json_of_another_shape(desk: Any, content: bytes) -> None:
    conversation_id, headers = await desk.open_conversation()
    response = await desk.client.post(
        f"/v1/conversations/{conversation_id}/messages",
        content=content,
        headers={**headers, "Content-Type": "application/json", "Idempotency-Key": "k"},
    )
    assert response.status_code == 422


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Content_Type", "text/plain"),
        ("Content_Type", "application/json; charset=utf-16"),
        ("Content_Type", "multipart/form-data; boundary=x"),
        ("Content_Encoding", "gzip"),
    ],
)
async def test_refuses_content_it_does_not_read(desk: Any, header: str, value: str) -> None:
    response = await _post(desk, b"{}", **{header: value})
    assert response.status_code == 415
    assert response.json()["field"] == header.replace("_", "-")


async def test_a_text_over_its_cap_names_the_field(desk: Any) -> None:
    conversation_id, headers = await desk.open_conversation()
    response = await desk.say(conversation_id, headers, "a" * 8_001)
    assert response.status_code == 413
    assert response.json()["field"] == "text"


@pytest.mark.parametrize("text", ["\u200b\u200d", "   ", "\n"])
async def test_a_text_without_anything_visible_names_the_field(desk: Any, text: str) -> None:
    conversation_id, headers = await desk.open_conversation()
    response = await desk.say(conversation_id, headers, text)
    assert response.status_code == 400
    assert response.json()["field"] == "text"


async def test_an_unexpected_error_tells_nothing_about_the_inside(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def burst(*_: object) -> None:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(desk.turns, "accept", burst)
    conversation_id, headers = await desk.open_conversation()
    with capture_logs() as logs:
        response = await desk.say(conversation_id, headers, "Hello")
    assert response.status_code == 500
    assert "hunter2" not in response.text
    assert response.json()["code"] == "internal"
    assert response.json()["instance"] == logs[-1]["instance"]
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_unknown_paths_and_methods_are_problems_too(desk: Any) -> None:
    missing = await desk.client.get("/v1/nothing")
    wrong = await desk.client.delete("/v1/conversations")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    assert (wrong.status_code, wrong.json()["code"], wrong.headers["allow"]) == (405, "method_not_allowed", "POST")


def test_every_error_of_the_family_has_a_status() -> None:
    family, waiting = set(), [errors.FrontdeskError]
    while waiting:
        waiting += (cls := waiting.pop()).__subclasses__()
        family.add(cls)
    made = [cls("x") for cls in family if cls.__name__ != "ConfigError" and cls.__module__ == errors.__name__]
    assert {status_of(error) for error in made} <= {400, 401, 403, 404, 409, 413, 500, 502, 503, 504}


def test_codes_are_listed_for_the_reference() -> None:
    assert PROBLEM_CODES["not_found"] == 404
    assert PROBLEM_CODES["internal"] == 500


@given(
    body=st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
        max_leaves=12,
    ),
    key=st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=20),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_body_and_no_key_makes_a_500(desk: Any, body: Any, key: str) -> None:
    if not desk.opened:
        conversation_id, headers = await desk.open_conversation()
        desk.opened = {"id": conversation_id, **headers}
    response = await desk.client.post(
        f"/v1/conversations/{desk.opened['id']}/messages",
        content=json.dumps(body),
        headers={
            b"Authorization": desk.opened["Authorization"].encode(),
            b"Content-Type": b"application/json",
            b"Idempotency-Key": key.strip().encode("latin-1"),
        },
    )
    assert response.status_code in (200, 400, 409, 413, 422)
