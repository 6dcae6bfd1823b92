"""The pages and the reference, without a browser."""

import re
from typing import Any

import pytest

from frontdesk.server.app import OPERATIONS
from frontdesk.server.wording import WORDING, choose_language


@pytest.mark.parametrize("path", ["/", "/chat", "/docs"])
async def test_pages_have_no_inline_code_and_load_nothing_from_elsewhere(desk: Any, path: str) -> None:
    text = (await desk.client.get(path)).text
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", text)
    assert not re.findall(r'(?:src|href)="(?!/|#)', text)


@pytest.mark.parametrize("path", ["/", "/chat"])
async def test_what_a_release_says_cannot_become_markup(desk: Any, path: str) -> None:
    page = (await desk.client.get(f"{path}?lang=%22%3E%3Cscript%3E")).text
    assert "<script>" not in page
    assert "Harbor &amp; Pine" in page


async def test_the_reference_documents_every_listed_route(desk: Any) -> None:
    document = (await desk.client.get("/openapi.json")).json()
    documented = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert documented == {(one.method, one.path) for one in OPERATIONS if one.is_listed}
    page = (await desk.client.get("/docs")).text
    assert all(f"<code>{path}</code>" in page for _, path in documented)


async def test_the_openapi_document_is_complete(desk: Any) -> None:
    document = (await desk.client.get("/openapi.json")).json()
    assert document["openapi"] == "3.1.0"
    referred = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert referred <= set(document["components"]["schemas"])
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert operation["summary"]
            assert "500" in operation["responses"]
            assert (operation["security"] == []) == (operation["x-access"] == "public")
            named = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
            assert named == set(re.findall(r"\{(\w+)\}", path))


async def test_liveness_and_readiness(desk: Any) -> None:
    assert (await desk.client.get("/healthz")).json() == {"status": "ok"}
    ready = await desk.client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json() == {"status": "ready", "database": "ok", "release": "rel_test", "embedder": "none"} | {
        "config": "ok"
    }


async def test_is_not_ready_without_its_database(desk: Any) -> None:
    await desk.app.database.close()
    ready = await desk.client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json()["database"] == "unavailable"
    assert (await desk.client.get("/healthz")).status_code == 200


async def test_metrics_are_for_staff(desk: Any) -> None:
    page = await desk.client.get("/metrics", headers=desk.staff)
    assert "frontdesk_sse_connections" in page.text


async def test_staff_see_a_turn_the_release_and_the_newest_conversations(desk: Any) -> None:
    conversation_id, headers = await desk.open_conversation()
    turn = (await desk.say(conversation_id, headers, "How long?")).json()
    trace = await desk.client.get(f"/v1/admin/turns/{turn['turn_id']}", headers=desk.staff)
    assert trace.json()["question"] == "How long?"
    listed = (await desk.client.get("/v1/admin/conversations", headers=desk.staff)).json()["items"]
    assert [item["conversation_id"] for item in listed] == [conversation_id]
    release = (await desk.client.get("/v1/admin/release", headers=desk.staff)).json()
    assert release["release_id"] == "rel_test"
    knowledge = (await desk.client.get("/v1/admin/knowledge", headers=desk.staff)).json()
    assert (knowledge["snapshot_id"], knowledge["languages"]) == ("snap_test", {"en": 1})
    assert (await desk.client.get("/v1/admin/turns/turn_none", headers=desk.staff)).status_code == 404
    assert (await desk.client.get("/v1/admin/conversations?limit=0", headers=desk.staff)).status_code == 400


def test_every_language_has_every_wording() -> None:
    assert {frozenset(words) for words in WORDING.values()} == {frozenset(WORDING["en"])}


@pytest.mark.parametrize(
    ("asked", "accepted", "chosen"),
    [
        ("es", "de", "es"),
        ("", "de-AT,de;q=0.9,en;q=0.5", "de"),
        ("", "fr, es;q=0.5", "es"),
        ("fr", "", "en"),
        ("", "", "en"),
        ("DE-ch", "", "de"),
    ],
)
def test_the_language_is_asked_for_then_the_browsers_then_the_assistants(
    asked: str, accepted: str, chosen: str
) -> None:
    assert choose_language(asked, accepted, among=("en", "es", "de"), default="en") == chosen
