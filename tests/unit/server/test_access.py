"""Every route against every credential, and what a guesser learns."""

from collections.abc import Mapping
from typing import Any

import pytest
from fastapi import FastAPI

from frontdesk.server.access import GUESSES, Access
from frontdesk.server.app import OPERATIONS, refuse_undeclared
from frontdesk.server.routes import Operation

CREDENTIALS = ("none", "nonsense", "wrong staff key", "token of another conversation", "token", "staff key")
ADMITTED = "admitted"
_PROGRAM = {"Accept": "application/json", "Sec-Fetch-Site": "same-origin"}
EXPECTED: Mapping[Access, Mapping[str, int | str]] = {
    Access.PUBLIC: dict.fromkeys(CREDENTIALS, ADMITTED),
    Access.CONVERSATION: {
        "none": 401,
        "nonsense": 404,
        "wrong staff key": 401,
        "token of another conversation": 404,
        "token": ADMITTED,
        "staff key": ADMITTED,
    },
    Access.STAFF: {
        "none": 401,
        "nonsense": 401,
        "wrong staff key": 401,
        "token of another conversation": 401,
        "token": 401,
        "staff key": ADMITTED,
    },
    Access.CONSOLE: {
        "none": 401,
        "nonsense": 401,
        "wrong staff key": 401,
        "token of another conversation": 401,
        "token": 401,
        "staff key": ADMITTED,
    },
}
"""What sessions add to the console's row is in test_signing_in.py."""
DECLARED = {
    "GET /v1/assistant": Access.PUBLIC,
    "POST /v1/conversations": Access.PUBLIC,
    "GET /v1/conversations/{conversation_id}": Access.CONVERSATION,
    "POST /v1/conversations/{conversation_id}/messages": Access.CONVERSATION,
    "GET /v1/conversations/{conversation_id}/events": Access.CONVERSATION,
    "POST /v1/conversations/{conversation_id}/escalation": Access.CONVERSATION,
    "POST /v1/conversations/{conversation_id}/attachments": Access.CONVERSATION,
    "GET /v1/conversations/{conversation_id}/attachments/{attachment_id}": Access.CONVERSATION,
    "POST /v1/conversations/{conversation_id}/feedback": Access.CONVERSATION,
    "GET /v1/conversations/{conversation_id}/citations/{turn_id}/{marker}": Access.CONVERSATION,
    "GET /v1/conversations/{conversation_id}/turns/{turn_id}/suggestions": Access.CONVERSATION,
    "POST /v1/conversations/{conversation_id}/fork": Access.CONVERSATION,
    "POST /v1/conversations/{conversation_id}/locale": Access.CONVERSATION,
    "GET /openai/v1/models": Access.STAFF,
    "POST /openai/v1/chat/completions": Access.STAFF,
    "GET /v1/admin/turns/{turn_id}": Access.STAFF,
    "GET /v1/admin/conversations": Access.STAFF,
    "GET /v1/admin/escalations": Access.STAFF,
    "GET /v1/admin/release": Access.STAFF,
    "GET /v1/admin/knowledge": Access.STAFF,
    "GET /v1/admin/knowledge/withdrawals": Access.STAFF,
    "POST /v1/admin/knowledge/withdrawals": Access.STAFF,
    "DELETE /v1/admin/knowledge/withdrawals/{document_id}": Access.STAFF,
    "POST /console/knowledge/documents/{document_id}/withdraw": Access.CONSOLE,
    "POST /console/knowledge/documents/{document_id}/restore": Access.CONSOLE,
    "GET /v1/admin/costs": Access.STAFF,
    "POST /v1/admin/costs/reconcile": Access.STAFF,
    "GET /v1/admin/vendors": Access.STAFF,
    "GET /v1/admin/load": Access.STAFF,
    "GET /v1/admin/pace": Access.STAFF,
    "GET /v1/admin/occurrences": Access.STAFF,
    "GET /v1/admin/integrations": Access.STAFF,
    "GET /v1/admin/integrations/write-backs": Access.STAFF,
    "POST /v1/admin/integrations/write-backs/resend": Access.STAFF,
    "GET /v1/admin/integrations/write-backs/{conversation_id}": Access.STAFF,
    "GET /v1/admin/integrations/write-backs/{conversation_id}/preview": Access.STAFF,
    "POST /v1/admin/integrations/write-backs/{conversation_id}/resend": Access.STAFF,
    "POST /v1/admin/integrations/write-backs/{conversation_id}/discard": Access.STAFF,
    "GET /console/integrations": Access.CONSOLE,
    "POST /console/integrations/resend": Access.CONSOLE,
    "GET /console/integrations/records/{conversation_id}": Access.CONSOLE,
    "POST /console/integrations/records/{conversation_id}/resend": Access.CONSOLE,
    "POST /console/integrations/records/{conversation_id}/discard": Access.CONSOLE,
    "GET /console/monitor": Access.CONSOLE,
    "GET /console/monitor/live": Access.CONSOLE,
    "GET /v1/admin/staff-keys": Access.STAFF,
    "POST /v1/admin/staff-keys": Access.STAFF,
    "DELETE /v1/admin/staff-keys/{name}": Access.STAFF,
    "GET /healthz": Access.PUBLIC,
    "GET /readyz": Access.PUBLIC,
    "GET /metrics": Access.STAFF,
    "GET /": Access.PUBLIC,
    "GET /help": Access.PUBLIC,
    "GET /help/{document_id}": Access.PUBLIC,
    "GET /chat": Access.PUBLIC,
    "GET /widget.js": Access.PUBLIC,
    "GET /docs": Access.PUBLIC,
    "GET /openapi.json": Access.PUBLIC,
    "GET /static/{path:path}": Access.PUBLIC,
    "GET /console/sign-in": Access.PUBLIC,
    "POST /console/sign-in": Access.PUBLIC,
    "POST /console/sign-out": Access.CONSOLE,
    "GET /console": Access.CONSOLE,
    "GET /console/conversations": Access.CONSOLE,
    "GET /console/conversations/live": Access.CONSOLE,
    "GET /console/conversations/{conversation_id}": Access.CONSOLE,
    "GET /console/conversations/{conversation_id}/live": Access.CONSOLE,
    "GET /console/conversations/{conversation_id}/attachments/{attachment_id}": Access.CONSOLE,
    "GET /console/knowledge": Access.CONSOLE,
    "GET /console/knowledge/try": Access.CONSOLE,
    "GET /console/workflows": Access.CONSOLE,
    "GET /console/workflows/{name}": Access.CONSOLE,
    "GET /console/knowledge/documents/{document_id}": Access.CONSOLE,
    "GET /console/turns/{turn_id}": Access.CONSOLE,
    "GET /console/turns/{turn_id}/record.json": Access.CONSOLE,
}
"""Written a second time on purpose: who changes a route's access changes this table too."""
_NO_FILE = "There is no such attachment"


def test_every_route_has_the_access_that_this_table_says() -> None:
    assert {f"{one.method} {one.path}": one.access for one in OPERATIONS} == DECLARED


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: f"{one.method} {one.path}")
async def test_admits_to_each_route_whom_its_access_names(desk: Any, operation: Operation) -> None:
    conversation_id, token = await desk.open_conversation()
    _, foreign = await desk.open_conversation()
    ids = {"conversation_id": conversation_id, "turn_id": "turn_x", "document_id": "doc_x", "name": "nobody"}
    ids |= {"attachment_id": "att_x", "marker": "1"}
    path = operation.path.replace("{path:path}", "console.js").format(**ids)
    for credential, headers in {
        "none": {},
        "nonsense": {"Authorization": "Bearer nonsense"},
        "wrong staff key": {"Authorization": "Bearer fd_wrong"},
        "token of another conversation": foreign,
        "token": token,
        "staff key": desk.staff,
    }.items():
        response = await desk.client.request(operation.method, path, headers={**headers, **_PROGRAM})
        expected = EXPECTED[operation.access][credential]
        if expected != ADMITTED:
            assert response.status_code == expected, credential
            continue
        assert response.status_code not in (401, 403, 429), credential
        if response.status_code == 404 and not path.startswith("/help/"):
            assert response.json()["detail"].startswith(
                (
                    "There is no such turn",
                    "There is no such staff key",
                    "There is no such document",
                    "There is no such record",
                    "There is no such workflow",
                    "Nothing is written back",
                    _NO_FILE,
                )
            )


async def test_refuses_a_route_that_declares_no_access() -> None:
    web = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    async def undeclared() -> None:
        """A route like any other of FastAPI."""

    web.add_api_route("/open", undeclared)
    with pytest.raises(ValueError, match="declares no access"):
        refuse_undeclared(web)


@pytest.mark.parametrize(
    "operation",
    [one for one in OPERATIONS if one.access is Access.CONVERSATION],
    ids=lambda one: f"{one.method} {one.path}",
)
async def test_a_foreign_conversation_looks_like_one_that_does_not_exist(desk: Any, operation: Operation) -> None:
    mine, mine_headers = await desk.open_conversation()
    turn = (await desk.say(mine, mine_headers, "How long?")).json()
    _, foreign = await desk.open_conversation()
    ids = {"turn_id": turn["turn_id"], "marker": "1", "attachment_id": await _upload(desk, mine, mine_headers)}
    answers = []
    for conversation_id in (mine, "conv_aaaaaaaaaaaaaaaaaaaaaaaaaa", "conv_../../x", "turn_x", "%00"):
        path = operation.path.format(conversation_id=conversation_id, **ids)
        response = await desk.client.request(operation.method, path, headers=foreign)
        if "/" in conversation_id:
            continue
        problem = response.json()
        problem.pop("instance")
        answers.append((response.status_code, problem, sorted(response.headers)))
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][0] == 404


async def _upload(desk: Any, conversation_id: str, headers: Mapping[str, str]) -> str:
    response = await desk.client.post(
        f"/v1/conversations/{conversation_id}/attachments",
        content=b"A receipt",
        headers={**headers, "Content-Type": "text/plain"},
    )
    attachment_id: str = response.json()["attachment_id"]
    return attachment_id


async def test_a_conversation_without_credential_is_refused_whether_it_exists_or_not(desk: Any) -> None:
    mine, _ = await desk.open_conversation()
    for conversation_id in (mine, "conv_aaaaaaaaaaaaaaaaaaaaaaaaaa"):
        response = await desk.client.get(f"/v1/conversations/{conversation_id}")
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == "Bearer"


async def test_slows_down_who_guesses_staff_keys(desk: Any) -> None:
    statuses = []
    for number in range(GUESSES + 2):
        response = await desk.client.get("/v1/admin/release", headers={"Authorization": f"Bearer fd_{number}"})
        statuses.append(response.status_code)
    assert statuses == [401] * GUESSES + [429] * 2
    assert int(response.headers["retry-after"]) >= 1


async def test_somebody_who_guesses_does_not_shut_out_the_right_key_of_the_same_address(desk: Any) -> None:
    for number in range(GUESSES + 2):
        await desk.client.get("/v1/admin/release", headers={"Authorization": f"Bearer fd_{number}"})
    assert (await desk.client.get("/v1/admin/release", headers=desk.staff)).status_code == 200


async def test_right_staff_keys_do_not_use_up_guesses(desk: Any) -> None:
    for _ in range(GUESSES + 5):
        assert (await desk.client.get("/v1/admin/release", headers=desk.staff)).status_code == 200


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer ", "Basic abc", "fd_a-key-for-tests", "Bearer " + "x" * 300, "Bearer \xff"]
)
async def test_refuses_credentials_it_cannot_read(desk: Any, value: str) -> None:
    response = await desk.client.get("/v1/admin/release", headers={"Authorization": value.encode("latin-1")})
    assert response.status_code == 401


async def test_keeps_no_token_in_the_database(desk: Any) -> None:
    conversation_id, headers = await desk.open_conversation()
    token = headers["Authorization"].removeprefix("Bearer ")
    stored = await desk.app.database.read(lambda stores: stores.conversations.token_hash(conversation_id))
    assert token not in stored
    assert len(stored) == 64
