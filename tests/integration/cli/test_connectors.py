"""`frontdesk connector …`: add a mapping, see what it does, ask the system behind it, pin tools."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from command import Result, Run
from fake_server import FakeServer, Reply, a_fake_server
from outside import TOOL

SHOP = """\
# our shop
connectors:
  shop:
    title: {{en: the shop}}
    http:
      base_url: {url}
      auth: {{kind: bearer, secret_env: SHOP_KEY}}
      openapi: /openapi.json
    operations:
      order:
        request: GET /orders/{{number}}
        arguments: {{number: id, day: {{type: date, is_required: false}}}}
        query: {{day: "{{day}}"}}
        fields: {{id: id, total: money, owner: {{type: id, is_private: true}}}}
      mine:
        request: GET /orders
        query: {{customer: "{{customer}}"}}
        arguments: {{customer: {{type: id, bind: subject}}}}
        rows: orders
        is_list: true
        fields: {{id: id}}
      cancel:
        kind: effect
        request: POST /orders/{{number}}/cancel
        arguments: {{number: id}}
        fields: {{}}
"""
ORDER = {"id": "o1", "total": 12.5, "owner": "c1"}
DESCRIPTION: dict[str, Any] = {
    "openapi": "3.1.0",
    "paths": {
        "/orders/{id}": {"get": {"parameters": [{"name": "day", "in": "query"}], "responses": {}}},
        "/orders/{id}/cancel": {"post": {"responses": {}}},
        "/orders": {"get": {"parameters": [{"name": "customer", "in": "query"}], "responses": {}}},
    },
}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    """A system that works, described in the assistant folder."""
    monkeypatch.setenv("SHOP_KEY", "k3y")
    (tmp_path / "assistant").mkdir()
    with a_fake_server() as server:
        server.will("GET", "/orders/o1", Reply(json=ORDER))
        server.will("GET", "/orders", Reply(json={"orders": [{"id": "o1"}, {"id": "o2"}]}))
        server.will("POST", "/orders/o1/cancel", Reply(json={}))
        server.will("GET", "/openapi.json", Reply(json=DESCRIPTION))
        (tmp_path / "assistant" / "connectors.yaml").write_text(SHOP.format(url=server.url))
        yield server


def checked(run: Run, *arguments: str) -> tuple[Result, list[dict[str, str]]]:
    result = run("connector", "check", "--json", *arguments)
    return result, [one for one in result.json if one["state"] != "ok"]


def test_a_ready_mapping_is_added_once_beside_what_is_there(run: Run, shop: FakeServer, tmp_path: Path) -> None:
    path = tmp_path / "assistant" / "connectors.yaml"
    before = path.read_text()
    added = run("connector", "add", "stripe")
    again = run("connector", "add", "stripe")

    assert (added.code, again.code) == (0, 1)
    assert "STRIPE_KEY" in added.err
    assert "already" in again.err
    assert path.read_text().startswith(before)
    assert "# Payments and refunds at Stripe." in path.read_text()
    assert [one["name"] for one in run("connector", "list", "--json").json] == ["shop", "stripe"]


def test_a_ready_mapping_begins_the_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "assistant").mkdir()
    for name in ("shopify", "hubspot", "salesforce", "easypost"):
        assert run("connector", "add", name).code == 0

    listed = run("connector", "list")
    assert "shopify.orders" in listed.out
    assert "customer (the customer)" in listed.out


def test_an_unknown_mapping_names_those_there_are(run: Run) -> None:
    assert "There are easypost, hubspot, salesforce, shopify, stripe" in run("connector", "add", "shoppify").err


def test_a_file_that_would_be_wrong_stays_as_it_was(run: Run, tmp_path: Path) -> None:
    (tmp_path / "assistant").mkdir()
    path = tmp_path / "assistant" / "connectors.yaml"
    path.write_text("connectors: {}\n")
    result = run("connector", "add", "stripe")

    assert (result.code, path.read_text()) == (1, "connectors: {}\n")


def test_a_call_shows_typed_records_and_keeps_private_ones_to_itself(run: Run, shop: FakeServer) -> None:
    result = run("connector", "call", "shop.order", "number=o1", "day=2026-03-01", "--json")

    assert result.json["rows"] == [{"id": "o1", "total": "12.5", "owner": "(private)"}]
    assert shop.asked[0].path == "/orders/o1?day=2026-03-01"
    assert shop.asked[0].headers["authorization"] == "Bearer k3y"
    assert "total: 12.5" in run("connector", "call", "shop.order", "number=o1").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["shop.orders"], "There are shop.order, shop.mine, shop.cancel"),
        (["store.order"], "no system 'store'. It has shop."),
        (["shop.order", "order=1"], "no argument 'order'. It takes number, day."),
        (["shop.order", "number=1", "day=soon"], "'soon' is no date"),
        (["shop.mine"], "say whom with --customer"),
        (["shop.cancel", "number=o1"], "give it a --key of its own"),
    ],
)
def test_a_call_that_cannot_be_made_says_what_is_missing(
    run: Run, shop: FakeServer, arguments: list[str], said: str
) -> None:
    result = run("connector", "call", *arguments)

    assert (result.code, shop.asked) == (1, [])
    assert said in result.err


def test_a_call_for_one_customer_and_an_effect_under_its_key(run: Run, shop: FakeServer) -> None:
    assert len(run("connector", "call", "shop.mine", "--customer", "c 1", "--json").json["rows"]) == 2
    assert run("connector", "call", "shop.cancel", "number=o1", "--key", "k1").code == 0
    assert shop.asked[0].path == "/orders?customer=c%201"
    assert shop.asked[1].headers["idempotency-key"] == "k1"


def test_a_call_that_fails_says_which_way(run: Run, shop: FakeServer) -> None:
    shop.will("GET", "/orders/o1", Reply(json={"id": "o1", "total": "12.50", "owner": "c1"}))
    result = run("connector", "call", "shop.order", "number=o1")

    assert result.code == 1
    assert "malformed: `total` is text where an amount was agreed to be a number (1 attempt" in result.err


def test_a_system_that_works_passes_its_check(run: Run, shop: FakeServer) -> None:
    result, troubles = checked(run)

    assert (result.code, troubles) == (0, [])
    assert "`shop` answers and takes our key" in result.json[0]["detail"]
    assert {asked.method for asked in shop.asked} == {"GET"}
    assert not any("/orders/o1" in asked.path for asked in shop.asked)  # nobody's data is read


@pytest.mark.parametrize(
    ("reply", "line", "said"),
    [
        (Reply(status=401, json={}), 7, "refuses our key"),
        (Reply(status=503, json={}), 5, "can't be reached: status 503"),
        (Reply(json={"id": "o1", "owner": "c1"}), 14, "not as agreed: `total` is missing"),
    ],
)
def test_what_is_wrong_with_a_system_is_said_with_its_line(
    run: Run, shop: FakeServer, reply: Reply, line: int, said: str
) -> None:
    shop.will("GET", "/orders/frontdesk-check", reply)
    result, troubles = checked(run, "shop")

    assert result.code == 1
    assert said in troubles[-1]["detail"]
    assert troubles[-1]["where"].endswith(f"connectors.yaml:{line}")
    assert troubles[-1]["remedy"]


def test_a_changed_description_names_the_field(run: Run, shop: FakeServer) -> None:
    order = {"type": "object", "properties": {"id": {"type": "string"}, "total": {"type": "string"}, "owner": {}}}
    answer = {"200": {"content": {"application/json": {"schema": order}}}}
    changed = json.loads(json.dumps(DESCRIPTION))
    changed["paths"]["/orders/{id}"]["get"]["responses"] = answer
    shop.will("GET", "/openapi.json", Reply(json=changed))
    _, troubles = checked(run)

    assert ["`total` is string and was agreed to be money" in one["detail"] for one in troubles] == [True]
    assert troubles[0]["where"].endswith(":14")


def test_an_address_that_others_can_read_along_at_is_warned_of(run: Run, shop: FakeServer, tmp_path: Path) -> None:
    (tmp_path / "assistant" / "connectors.yaml").write_text(SHOP.format(url="http://shop.invalid"))
    _, troubles = checked(run)

    assert (troubles[0]["state"], "can read along" in troubles[0]["detail"]) == ("warning", True)
    assert any("can't be reached" in one["detail"] for one in troubles)


def test_a_secret_that_is_not_set_is_named(run: Run, shop: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOP_KEY")
    _, troubles = checked(run)

    assert any("the variable SHOP_KEY is not set" in one["detail"] for one in troubles)
    assert shop.asked == []


SERVER = """
import json, sys
tools = json.loads(sys.argv[1])
for line in sys.stdin:
    message = json.loads(line)
    if "id" in message:
        result = {"tools": tools} if message["method"] == "tools/list" else {}
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
"""
TOOLS = """\
connectors:
  tools:
    title: {{en: tools}}
    mcp:
      command: {command}
    operations:
      # the first one
      orders:
        tool: {tool}   # as the server calls it
        arguments: {{customer: id}}
        fields: {{}}
      again: {{tool: {tool}, arguments: {{customer: id}}, fields: {{}}, pin: "{pin}"}}
"""


def test_tools_are_pinned_in_their_places(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "assistant" / "connectors.yaml"
    path.parent.mkdir()
    (tmp_path / "server.py").write_text(SERVER)
    command = json.dumps([sys.executable, "-I", "-S", str(tmp_path / "server.py"), json.dumps([TOOL])])
    path.write_text(TOOLS.format(command=command, tool="orders", pin="sha256:" + "0" * 64))
    _, before = checked(run)
    pinned = run("connector", "pin", "--json")
    _, after = checked(run)

    assert ["is not pinned" in before[0]["detail"], "another schema" in before[1]["detail"]] == [True, True]
    assert set(pinned.json) == {"tools.orders", "tools.again"}
    assert after == []
    assert "# as the server calls it\n" in path.read_text()
    assert "# the first one\n" in path.read_text()

    path.write_text(TOOLS.format(command=command, tool="order", pin=""))
    assert "no tool 'order'. It has orders." in run("connector", "pin").err
