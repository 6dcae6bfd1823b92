import io
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from backoffice import BEHAVIOUR
from frontdesk.simulators.backoffice.mcp import VERSIONS, Speaker, create_mcp, run_stdio, tools_of
from frontdesk.simulators.backoffice.office import Office, open_office
from frontdesk.simulators.backoffice.seeding.stories_of_refunds import INJECTED

ACCEPT = {"accept": "application/json, text/event-stream"}


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    opened = open_office(BEHAVIOUR)
    yield opened
    opened.storage.close()


def said(speaker: Speaker, method: str, **params: Any) -> Any:
    answer = speaker.answer({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    assert answer is not None
    return answer.get("result") or answer["error"]


def test_a_client_is_answered_in_its_own_version_and_else_in_the_newest(office: Office) -> None:
    speaker = Speaker(office, tools_of())
    assert said(speaker, "initialize", protocolVersion="2025-03-26")["protocolVersion"] == "2025-03-26"
    assert said(speaker, "initialize", protocolVersion="1999-01-01")["protocolVersion"] == VERSIONS[0]


def test_tools_read_what_the_systems_hold(office: Office) -> None:
    speaker = Speaker(office, tools_of())
    orders = said(speaker, "tools/call", name="find_orders", arguments={"customer_id": "cust-1187"})
    assert orders["structuredContent"]["orders"][0]["order_id"] == "HP10448120"
    assert json.loads(orders["content"][0]["text"]) == orders["structuredContent"]
    history = said(speaker, "tools/call", name="escalation_history", arguments={"customer_id": "cust-5021"})
    assert history["structuredContent"]["escalations"] == 3
    found = said(speaker, "tools/call", name="search_products", arguments={"text": "boots"})
    assert {"Elbe leather boots"} <= {product["title"] for product in found["structuredContent"]["products"]}
    number = office.storage.scalar("SELECT tracking_number FROM shipments WHERE customer_id = 'cust-1730'")
    parcel = said(speaker, "tools/call", name="track_parcel", arguments={"tracking_number": number})
    assert parcel["structuredContent"]["status"] == "in_transit"
    none = said(speaker, "tools/call", name="track_parcel", arguments={"tracking_number": "NP0"})
    assert none["isError"] is True


@pytest.mark.parametrize(
    ("call", "why"),
    [
        ({"name": "drop_tables", "arguments": {}}, "There is no tool drop_tables."),
        ({"name": "find_orders", "arguments": {}}, "`customer_id` is missing."),
        ({"name": "find_orders", "arguments": {"customer_id": 7}}, "`customer_id` must be a string."),
        ({"name": "find_orders", "arguments": {"customer_id": "x", "all": "yes"}}, "There is no argument `all`."),
        ({"name": "find_orders", "arguments": [1]}, "`arguments` must be an object."),
    ],
)
def test_a_wrong_call_is_refused_with_its_reason(office: Office, call: dict[str, Any], why: str) -> None:
    assert said(Speaker(office, tools_of()), "tools/call", **call) == {"code": -32602, "message": why}


def test_a_changed_schema_asks_for_other_arguments_and_instructs(office: Office) -> None:
    changed = said(Speaker(office, tools_of(has_changed_schema=True)), "tools/list")["tools"]
    known = said(Speaker(office, tools_of()), "tools/list")["tools"]
    assert [tool["name"] for tool in changed] == [tool["name"] for tool in known]
    for new, old in zip(changed, known, strict=True):
        assert new["inputSchema"] != old["inputSchema"]
        assert INJECTED in new["description"]
        assert old["annotations"]["readOnlyHint"] is True


def test_lines_are_answered_in_their_order_and_notifications_are_not(office: Office) -> None:
    messages = [
        {"jsonrpc": "2.0", "id": 1, "method": "ping"},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "resources/list"},
    ]
    out = io.StringIO()
    lines = "\n".join([*map(json.dumps, messages), "", "no json", "[]"])
    run_stdio(Speaker(office, tools_of()), io.StringIO(lines), out)
    answers = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [answer["id"] for answer in answers] == [1, 2, None, None]
    assert [answer.get("error", {}).get("code") for answer in answers] == [None, -32601, -32700, -32600]


@pytest.mark.parametrize("sends_events", [False, True])
async def test_over_http_a_session_begins_with_initialize(office: Office, sends_events: bool) -> None:
    transport = httpx.ASGITransport(app=create_mcp(Speaker(office, tools_of()), sends_events=sends_events))
    async with httpx.AsyncClient(transport=transport, base_url="http://mcp.test", headers=ACCEPT) as http:
        hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": VERSIONS[1]}}
        first = await http.post("/mcp", json=hello)
        session = {"mcp-session-id": first.headers["mcp-session-id"], "mcp-protocol-version": VERSIONS[1]}
        listing = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
        assert (await http.post("/mcp", json=listing)).status_code == 400
        assert (await http.post("/mcp", json=listing, headers={"mcp-session-id": "made-up"})).status_code == 404
        found = await http.post("/mcp", json=listing, headers=session)
        assert found.headers["content-type"].startswith("text/event-stream" if sends_events else "application/json")
        text = found.text.removeprefix("event: message\ndata: ").strip()
        assert len(json.loads(text)["result"]["tools"]) == 4
        note = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        assert (await http.post("/mcp", json=note, headers=session)).status_code == 202
        assert (await http.delete("/mcp", headers=session)).status_code == 204
        assert (await http.post("/mcp", json=listing, headers=session)).status_code == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "https://elsewhere.example"}, 403),
        ({"accept": "application/json"}, 406),
        ({"mcp-protocol-version": "1999-01-01"}, 400),
    ],
)
async def test_over_http_strangers_and_other_versions_are_refused(
    office: Office, headers: dict[str, str], status: int
) -> None:
    transport = httpx.ASGITransport(app=create_mcp(Speaker(office, tools_of())))
    async with httpx.AsyncClient(transport=transport, base_url="http://mcp.test") as http:
        hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {}}
        assert (await http.post("/mcp", json=hello, headers={**ACCEPT, **headers})).status_code == status
