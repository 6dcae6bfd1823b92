"""connectors.yaml: systems with their operations, and every mistake with its line and remedy."""

import json
import re
from decimal import Decimal
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from frontdesk.domain.connector_source import HttpSource, McpSource, PythonSource, SqlSource
from frontdesk.domain.errors import ConfigError
from frontdesk.releases import connectors_file
from frontdesk.releases.connectors_file import read_connectors

SHOP = """\
connectors:
  shop:
    title: {en: the shop}
    http:
      base_url: https://shop.example
    operations:
      orders:
        request: GET /orders/{customer}
        arguments: {customer: {type: id, bind: subject}}
        is_list: true
        fields:
          id: id
          state: {type: choice, choices: [open, sent]}
          total: money
"""
REFUND = """\
      refund:
        kind: effect
        request: POST /refunds
        arguments: {order: id, amount: money}
        body: {order: "{order}", amount: "{amount}"}
"""


def read(folder: Path, text: str) -> Any:
    (folder / "connectors.yaml").write_text(text)
    return read_connectors(folder)


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(folder, text)
    return [str(problem).removeprefix(f"{folder}/connectors.yaml:") for problem in caught.value.problems]


def test_there_may_be_none(tmp_path: Path) -> None:
    assert read_connectors(tmp_path) == ()


def test_the_example_of_the_format_is_right(tmp_path: Path) -> None:
    written = re.search(r"    connectors:.*?(?=\nEverything)", connectors_file.__doc__ or "", re.DOTALL)
    assert written is not None
    (shop,) = read(tmp_path, dedent(written[0].replace("openapi: ", "# openapi: ")))

    assert [one.spec.qualified for one in shop.operations] == ["shop.orders", "shop.refund"]
    assert shop.operations[1].spec.max_amount == Decimal(200)


def test_every_transport_is_read(tmp_path: Path) -> None:
    text = """\
    connectors:
      a: {title: {en: a}, http: {base_url: "simulator:backoffice"}, operations: {x: {request: GET /x, fields: {}}}}
      b: {title: {en: b}, mcp: {command: [server]}, operations: {x: {tool: x, fields: {}}}}
      c: {title: {en: c}, sql: {file: shop.db}, operations: {x: {sql: SELECT 1 AS n, fields: {n: number}}}}
      d: {title: {en: d}, python: {}, operations: {x: {function: "rules:x", fields: {}}}}
    """
    kinds = [type(source) for source in read(tmp_path, dedent(text))]

    assert kinds == [HttpSource, McpSource, SqlSource, PythonSource]


def test_short_forms_are_written_out(tmp_path: Path) -> None:
    (shop,) = read(tmp_path, SHOP.replace("example\n", "example/\n      amounts: text\n"))
    (orders,) = shop.operations

    assert shop.base_url == "https://shop.example"
    assert (orders.reply.fields["total"].at, orders.reply.fields["total"].encoding) == ("total", "text")
    assert orders.spec.title == {"en": "the shop"}
    assert [argument.bind for argument in orders.spec.arguments] == ["subject"]


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("shop:", "Shop:", 2, "a name has small letters"),
        ("base_url: https://shop.example", "base_url: shop.example", 5, "is no address. It begins with https://"),
        ("{en: the shop}", "{}", 3, "needs a text in at least one language"),
        ("    http:\n      base_url: https://shop.example\n", "", 2, "exactly one of `http`, `mcp`, `sql` and `python`"),
        ("GET /orders/{customer}", "GET orders", 8, "a method and a path. Such as"),
        ("GET /orders/{customer}", "FETCH /orders/{customer}", 8, "a method and a path"),
        ("GET /orders/{customer}", "DELETE /orders/{customer}", 8, "a read does not DELETE. Write `kind: effect`"),
        ("GET /orders/{customer}", "GET /orders/{order}", 9, "`{order}` is no argument of it"),
        ("GET /orders/{customer}", "GET /orders", 9, "argument `customer` is sent nowhere"),
        ("GET /orders/{customer}", "GET /orders/{customer", 7, "a lone `{`"),
        ("bind: subject}", "bind: subject, is_required: false}", 9, "what is bound to the customer is always there"),
        ("bind: subject}", "is_required: false}", 8, "stands in the path, and may be missing"),
        ("type: id, bind", "type: money, bind", 9, "the verified customer is an `id`"),
        ("choices: [open, sent]", "choices: []", 13, "a choice needs its `choices`"),
        ("choices: [open, sent]", "choices: [open], values: {A: shut}", 13, "`shut` of `values` is none of its `choices`"),
        ("total: money", "total: {type: money, at: a..b}", 14, "is no path"),
        ("total: money", "total: {type: money, encoding: seconds}", 14, "is no way to write a money. There is `decimal`"),
        ("total: money", "total: {type: money, encoding: minor_units}", 14, "cents of which currency?"),
        ("total: money", "total: amount", 14, "Input should be"),
        ("is_list: true", "is_lst: true", 10, "is not known here. Did you mean `is_list`?"),
        ("is_list: true", "owner_field: owner", 10, "there is no field `owner`"),
        ("is_list: true", "timeout_s: 0", 10, "`timeout_s` lies above 0"),
        ("is_list: true", "tool: x", 10, "`tool` means nothing for `http`"),
        ("GET /orders/{customer}", "GET /orders/{customer}?a=1", 8, "ends with the path. Write parameters in `query`"),
        ("is_list: true", "body: {a: 2026-03-01}", 10, "JSON has no word for. Put dates in quotation marks"),
        ("is_list: true", "body: {a: .nan}", 10, "JSON has no word for"),
        ("is_list: true", "body: {a: 1}", 10, "a GET sends nothing but its address"),
        ("is_list: true", "max_amount: 5", 10, "`max_amount` is for effects"),
        ("is_list: true", "pages: {kind: link}", 10, "only a list has pages"),
        ("is_list: true", "is_list: true\n        pages: {kind: cursor}", 11, "`cursor` needs `parameter`"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_remedy(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    assert old in SHOP
    found = mistakes(tmp_path, SHOP.replace(old, new))

    assert any(one.startswith(f"{line}: ") and said in one for one in found), found


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("POST /refunds", "GET /refunds", "an effect is never a GET"),
        ("kind: effect", "kind: effect\n        cache_s: 5", "never answered from memory"),
        ("kind: effect", "kind: effect\n        keeps_keys: false", "`read_back` is needed"),
        (
            "kind: effect",
            "kind: effect\n        keeps_keys: false\n        read_back: orders",
            "no read operation by key",
        ),
        ("amount: money", "amount: number", ""),
    ],
)
def test_an_effect_that_could_happen_twice_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = SHOP + REFUND.replace(old, new)
    if said:
        assert any(said in one for one in mistakes(tmp_path, text))
    else:
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("auth", "said"),
    [
        ("{kind: bearer}", "`bearer` needs `secret_env`"),
        (
            "{kind: bearer, secret_env: sk_live_12ab}",
            "names an environment variable, in capital letters. Put the secret",
        ),
        ("{kind: bearer, secret_env: KEY, name: x}", "`bearer` takes no `name`"),
        ("{kind: basic, secret_env: KEY}", "`basic` needs `user_env`"),
    ],
)
def test_secrets_are_named_and_never_written(tmp_path: Path, auth: str, said: str) -> None:
    found = mistakes(tmp_path, SHOP.replace("    operations:", f"      auth: {auth}\n    operations:", 1))

    assert any(said in one for one in found), found


@pytest.mark.parametrize("header", ['{"X Y": a}', '{X-Name: "Ä"}', '{X-Name: "a\\r\\nb"}'])
def test_a_header_that_cannot_be_sent_is_refused(tmp_path: Path, header: str) -> None:
    text = SHOP.replace("    operations:", f"      headers: {header}\n    operations:", 1)

    assert any("can't be sent as a header" in one for one in mistakes(tmp_path, text))


def test_an_address_that_holds_a_secret_is_refused(tmp_path: Path) -> None:
    found = mistakes(tmp_path, SHOP.replace("https://shop", "https://ann:s3cret@shop"))

    assert ["5: `shop`: an address with a password would be a secret" in one for one in found] == [True]


def test_a_header_that_would_be_a_secret_is_refused(tmp_path: Path) -> None:
    text = SHOP.replace("    operations:", "      headers: {Authorization: Bearer abc}\n    operations:", 1)

    assert any("would be a secret in this file. Use `auth`" in one for one in mistakes(tmp_path, text))


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("DELETE FROM o", "is one SELECT"),
        ("SELECT 1 AS n; DROP TABLE o", "is one SELECT"),
        ("SELECT :other AS n", "`:other` is no argument"),
        ("SELECT 1 AS n", "argument `customer` is used nowhere"),
        ("SELECT ':customer' AS n", "argument `customer` is used nowhere"),
    ],
)
def test_a_query_reads_and_binds_its_arguments(tmp_path: Path, sql: str, said: str) -> None:
    text = f"""\
    connectors:
      c:
        title: {{en: c}}
        sql: {{file: shop.db}}
        operations: {{x: {{sql: "{sql}", arguments: {{customer: id}}, fields: {{n: number}}}}}}
    """
    assert any(said in one for one in mistakes(tmp_path, dedent(text)))


# -- against the system's own description ------------------------------------------------------------

ORDER: dict[str, Any] = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "integer"},
        "state": {"anyOf": [{"$ref": "#/components/schemas/State"}, {"type": "null"}]},
        "total": {"type": "number"},
    },
}


def document(**changed: Any) -> dict[str, Any]:
    order = {**ORDER, "properties": {**ORDER["properties"], **changed}}
    order["properties"] = {name: value for name, value in order["properties"].items() if value is not None}
    listed = {"type": "array", "items": {"$ref": "#/components/schemas/Order"}}
    return {
        "openapi": "3.1.0",
        "servers": [{"url": "https://shop.example/v2"}],
        "paths": {
            "/orders/{id}": {
                "parameters": [{"name": "limit", "in": "query"}],
                "get": {"responses": {"200": {"content": {"application/json": {"schema": listed}}}}},
            },
            "/refunds": {
                "post": {
                    "requestBody": {
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "properties": {"order": {}, "amount": {}, "why": {}},
                                    "required": ["why"],
                                }
                            }
                        }
                    },
                    "responses": {"201": {"description": "done"}},
                }
            },
        },
        "components": {"schemas": {"Order": order, "State": {"type": "string", "enum": ["open", "sent"]}}},
    }


def checked(folder: Path, text: str, described: dict[str, Any]) -> list[str]:
    (folder / "shop.json").write_text(json.dumps(described))
    text = text.replace("    operations:", "      openapi: shop.json\n    operations:", 1)
    try:
        read(folder, text)
    except ConfigError as error:
        return [str(problem).removeprefix(f"{folder}/connectors.yaml:") for problem in error.problems]
    return []


def test_a_mapping_that_fits_the_description_is_taken(tmp_path: Path) -> None:
    assert checked(tmp_path, SHOP, document()) == []


@pytest.mark.parametrize(
    ("changed", "line", "said"),
    [
        ({"total": {"type": "string"}}, 15, "`total` is string and was agreed to be money. Write `encoding: text`"),
        ({"total": None, "totals": {"type": "number"}}, 15, "nothing at `total`. Did you mean `totals`?"),
        (
            {"state": {"type": "string", "enum": ["open", "sent", "lost"]}},
            14,
            "may also be `lost`. Add it to `choices`",
        ),
        ({"id": {"type": "object", "properties": {}}}, 13, "`id` is object and was agreed to be id"),
    ],
)
def test_a_changed_schema_names_the_field(tmp_path: Path, changed: dict[str, Any], line: int, said: str) -> None:
    (found,) = checked(tmp_path, SHOP, document(**changed))

    assert found.startswith(f"{line}: `shop.orders`: ")
    assert said in found


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("GET /orders/{customer}", "GET /order/{customer}", "the system has no `GET /order/{customer}`"),
        (
            "        is_list: true",
            "        is_list: true\n        query: {limt: 5}",
            "no parameter `limt`. Did you mean `limit`?",
        ),
        ("        is_list: true\n", "", "a record has nothing at `id`"),
        ("        is_list: true", "        is_list: true\n        rows: data", "nothing at `data`"),
    ],
)
def test_what_the_mapping_uses_and_the_system_does_not_have_is_named(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert any(said in one for one in checked(tmp_path, SHOP.replace(old, new), document()))


def test_what_the_system_wants_and_is_not_sent_is_named(tmp_path: Path) -> None:
    assert any(
        "the system wants `why`. Write it in `body`." in one for one in checked(tmp_path, SHOP + REFUND, document())
    )


def test_a_description_that_goes_in_circles_is_survived(tmp_path: Path) -> None:
    assert checked(tmp_path, SHOP, document(total={"$ref": "#/components/schemas/Order/properties/total"})) == []


@pytest.mark.parametrize("text", ["[]", "{", "{}"])
def test_a_file_that_is_no_description_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "shop.json").write_text(text)
    found = mistakes(tmp_path, SHOP.replace("    operations:", "      openapi: shop.json\n    operations:", 1))

    assert "shop.json can't be read" in found[0]
