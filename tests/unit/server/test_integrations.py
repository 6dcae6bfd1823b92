"""Other systems as staff see them: what is stuck is mended by the same rules and sent again, or discarded with a reason."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from crm import RULES, Fault, SmallCrm, begin, say, target_of
from frontdesk.domain.ids import ConversationId
from frontdesk.domain.write_back import WriteBack
from frontdesk.turn.write_back import WriteBackSender

PAGE = "/console/integrations"
API = "/v1/admin/integrations"
SIGNED_IN = {"Sec-Fetch-Site": "same-origin"}


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


async def see(desk: Any, path: str = PAGE) -> str:
    response = await desk.client.get(path, headers=desk.staff)
    assert response.status_code == 200, response.text
    return str(response.text)


async def call(desk: Any, method: str, path: str, **values: Any) -> Any:
    return await desk.client.request(method, f"{API}{path}", headers=desk.staff, **values)


async def fill_in(desk: Any, path: str, **values: str) -> Any:
    return await desk.client.post(f"{PAGE}{path}", headers={**desk.staff, **SIGNED_IN}, data=values)


def with_crm(desk: Any, crm: SmallCrm, rules: WriteBack = RULES) -> WriteBackSender:
    """Let the desk write conversations back to this system."""
    target, app = target_of(crm, rules), desk.app
    app.write_back = WriteBackSender(
        app.database,
        lambda: target,
        owner="test",
        clock=app.clock,
        telemetry=app.telemetry,
        occurrences=app.occurrences,
        dice=lambda: 0.0,
    )
    return app.write_back  # type: ignore[no-any-return]


async def stuck(desk: Any, crm: SmallCrm, *, topic: str = "warranty", name: str = "a") -> ConversationId:
    """A conversation whose topic the other system has no word for."""
    sender = with_crm(desk, crm)
    one = await begin(desk.app.database, name, subject=f"C-{name}")
    await say(desk.app.database, one, topic=topic)
    await sender.step()
    return one


def audited(desk: Any) -> Any:
    return desk.app.database.read(lambda stores: [(entry.action, entry.actor) for entry in stores.audit.read()])


async def test_an_installation_that_writes_nothing_back_says_how_it_could(desk: Any) -> None:
    page = words(await see(desk))
    assert "Nothing is written back" in page
    assert "write_back.yaml" in page
    assert (await call(desk, "GET", "")).json()["write_back"]["is_on"] is False


async def test_an_empty_write_back_says_so_in_every_part(desk: Any) -> None:
    with_crm(desk, SmallCrm())
    page = words(await see(desk))
    for part in ("Written in 24 h 0", "nothing is late", "Nothing is stuck", "Nothing waits to be written"):
        assert part in page


async def test_what_is_stuck_is_listed_with_the_words_for_each_field(desk: Any) -> None:
    one = await stuck(desk, SmallCrm())
    page = await see(desk)
    assert f'href="{PAGE}/records/{one}"' in page
    assert "tags “warranty” has no counterpart" in words(page)
    assert "Try all again" in page
    (listed,) = (await call(desk, "GET", "/write-backs")).json()["items"]
    assert (listed["conversation_id"], listed["state"]) == (one, "refused")
    assert listed["errors"][0]["field"] == "tags"
    assert (await call(desk, "GET", "/write-backs?state=nonsense")).status_code == 400


async def test_a_refused_record_is_mended_on_the_page_and_goes_through(desk: Any) -> None:
    crm = SmallCrm()
    one = await stuck(desk, crm)
    form = await see(desk, f"{PAGE}/records/{one}")
    assert 'name="value.tags" value="warranty"' in form
    answered = await fill_in(desk, f"/records/{one}/resend", **{"value.tags": "RET"})
    assert answered.status_code == 303
    await desk.app.write_back.step()
    ((_, written),) = crm.changes
    assert written["tags"] == "RET"
    assert "written" in words(await see(desk, f"{PAGE}/records/{one}"))
    assert await audited(desk) == [("write_back.resent", "staff:ops")]


async def test_a_mended_value_is_held_to_the_same_rules(desk: Any) -> None:
    crm = SmallCrm()
    one = await stuck(desk, crm)
    answered = await fill_in(desk, f"/records/{one}/resend", **{"value.tags": "RETURNS?"})
    assert answered.status_code == 422
    assert "“RETURNS?” is none of RET, SHIP." in words(answered.text)
    assert 'value="RETURNS?"' in answered.text, "what was typed is still there"
    await desk.app.write_back.step()
    assert crm.changes == []


async def test_what_the_other_system_said_of_a_field_stands_beside_it_and_a_mended_one_goes_through(desk: Any) -> None:
    crm = SmallCrm([Fault("rejected", details={"field.subject": "is <b>too</b> plain", "field.owner": "is missing"})])
    one = await stuck(desk, crm, topic="returns")
    form = await see(desk, f"{PAGE}/records/{one}")
    assert "is &lt;b&gt;too&lt;/b&gt; plain" in form
    assert "owner is missing" in words(form), "a field we don't fill is told of above"
    await fill_in(desk, f"/records/{one}/resend", **{"value.subject": "A customer asks about returns"})
    await desk.app.write_back.step()
    assert crm.changes[0][1]["subject"] == "A customer asks about returns"
    await say(desk.app.database, one, "And now?", topic="shipping")
    await desk.app.write_back.step()
    assert crm.changes[1][1]["subject"] == "Chat about returns, shipping", "the mended one stood for the earlier text"


async def test_all_that_is_stuck_is_tried_again_at_once(desk: Any) -> None:
    crm = SmallCrm()
    for name in ("a", "b", "c"):
        await stuck(desk, crm, name=name)
    rules = replace(RULES, fields={**RULES.fields, "tags": replace(RULES.fields["tags"], otherwise="OTHER")})
    sender = with_crm(desk, crm, rules)
    assert (await fill_in(desk, "/resend")).status_code == 303
    await sender.step()
    assert len(crm.changes) == 3
    assert (await call(desk, "POST", "/write-backs/resend")).json() == {"resent": 0}


async def test_a_discarded_one_says_by_whom_and_why_and_can_be_sent_again(desk: Any) -> None:
    crm = SmallCrm()
    one = await stuck(desk, crm)
    assert (await fill_in(desk, f"/records/{one}/discard", reason=" ")).status_code == 422
    assert (await fill_in(desk, f"/records/{one}/discard", reason="a <b>test</b>")).status_code == 303
    assert "a &lt;b&gt;test&lt;/b&gt;" in await see(desk)
    assert "Discarded by ops" in words(await see(desk, f"{PAGE}/records/{one}"))
    await say(desk.app.database, one)
    await desk.app.write_back.step()
    assert crm.changes == []
    answered = await call(desk, "POST", f"/write-backs/{one}/resend", json={"values": {"tags": "RET"}})
    assert (answered.status_code, answered.json()["state"]) == (200, "queued")
    await desk.app.write_back.step()
    assert len(crm.changes) == 1
    assert [action for action, _ in await audited(desk)] == ["write_back.discarded", "write_back.resent"]


async def test_any_conversation_s_record_can_be_seen_before_it_is_sent(desk: Any) -> None:
    crm = SmallCrm()
    with_crm(desk, crm)
    one = await begin(desk.app.database, "a")
    await say(desk.app.database, one, "My card is 4111 1111 1111 1111.", quiet_s=600)
    page = await see(desk, f"{PAGE}/records/{one}")
    assert "As it would be sent now" in page
    assert "[card number removed]" in page
    assert "4111" not in page
    shown = (await call(desk, "GET", f"/write-backs/{one}/preview")).json()
    assert {field["name"]: field["text"] for field in shown["fields"]}["outcome"] == "ANSWERED"
    assert (shown["errors"], shown["is_new"]) == ([], True)
    found = await desk.client.get(f"{PAGE}?conversation={one}", headers=desk.staff)
    assert found.headers["location"] == f"{PAGE}/records/{one}"
    assert "no id of a conversation" in await see(desk, f"{PAGE}?conversation=nonsense")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/write-backs/{one}/resend", {"values": {"colour": "red"}}, 400),
        ("/write-backs/{one}/resend", {"values": {"subject": ""}}, 400),
        ("/write-backs/{one}/resend", {"values": {"tags": "RET", "id": "conv_another"}}, 400),
        ("/write-backs/{one}/discard", {"reason": "x" * 301}, 400),
        ("/write-backs/{one}/discard", {}, 422),
        ("/write-backs/conv_unknown/discard", {"reason": "x"}, 404),
        ("/write-backs/conv_unknown/resend", {}, 404),
        ("/write-backs/nonsense/resend", {}, 404),
    ],
)
async def test_bad_input_changes_nothing_and_names_the_field(
    desk: Any, path: str, body: dict[str, Any], status: int
) -> None:
    one = await stuck(desk, SmallCrm())
    answered = await call(desk, "POST", path.format(one=one), json=body)
    assert answered.status_code == status, answered.text
    (still,) = (await call(desk, "GET", "/write-backs")).json()["items"]
    assert still["state"] == "refused"


async def test_one_that_is_written_is_neither_resent_nor_discarded(desk: Any) -> None:
    one = await stuck(desk, SmallCrm(), topic="returns")
    for end, body in (("resend", {}), ("discard", {"reason": "x"})):
        assert (await call(desk, "POST", f"/write-backs/{one}/{end}", json=body)).status_code == 409


async def test_the_navigation_leads_there(desk: Any) -> None:
    assert re.search(r'href="/console/integrations" aria-current="page">Integrations<', await see(desk))


async def test_every_connector_is_listed_with_whether_it_is_asked(desk: Any) -> None:
    systems: Sequence[Any] = (await call(desk, "GET", "")).json()["connectors"]
    assert systems == []
    assert "No system is connected" in await see(desk)
