"""Documents withdrawn over HTTP and in the console: gone from everything a customer sees, and let in again."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from html import unescape
from typing import Any

import pytest

from builders import ARTICLES, a_release
from frontdesk.domain.ids import DocumentId
from frontdesk.ingest.parsing.document import document_id
from frontdesk.turn.serving import ServedRelease

PATH = "/v1/admin/knowledge/withdrawals"
RETURNS = document_id("articles", "returns.md")
WHY = "It names last year's prices."


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> ServedRelease:
    return a_release(tmp_path_factory.mktemp("withdrawals"), articles=ARTICLES)


@pytest.fixture
async def shop(desk_with: Any, release: ServedRelease) -> AsyncIterator[Any]:
    async with desk_with() as desk:
        desk.app.releases.go_live(release)
        yield desk


async def withdraw(desk: Any, document: str = RETURNS, reason: str = WHY) -> Any:
    return await desk.client.post(PATH, json={"document": document, "reason": reason}, headers=desk.staff)


async def restore(desk: Any, document: str = RETURNS) -> Any:
    return await desk.client.delete(f"{PATH}/{document}", headers=desk.staff)


async def listed(desk: Any) -> Any:
    return (await desk.client.get(PATH, headers=desk.staff)).json()


async def page(desk: Any, path: str) -> str:
    shown = (await desk.client.get(path, headers=desk.staff)).text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", shown)).split())


async def test_a_withdrawn_document_is_found_in_no_search(shop: Any) -> None:
    assert "Returns" in await page(shop, "/help?q=return+unused+items")
    assert (await withdraw(shop)).json() == {
        "document_id": RETURNS,
        "title": "Returns",
        "is_withdrawn": True,
        "is_changed": True,
    }
    found = await shop.client.get("/help?q=return+unused+items")
    assert "30 days" not in found.text
    assert RETURNS not in found.text


async def test_the_help_pages_do_not_know_it(shop: Any) -> None:
    assert (await shop.client.get(f"/help/{RETURNS}")).status_code == 200
    await withdraw(shop)
    assert (await shop.client.get(f"/help/{RETURNS}")).status_code == 404
    assert RETURNS not in (await shop.client.get("/")).text


async def test_a_citation_of_it_opens_without_the_document(shop: Any, answer: Any) -> None:
    index = shop.app.releases.serving().retriever.index
    chunk = index.chunk(index.rows_of(RETURNS)[0])
    cited = replace(
        answer.citation,
        document_id=RETURNS,
        chunk_id=chunk.chunk_id,
        snapshot_id=index.manifest.snapshot_id,
        quote="You can return unused items within 30 days of delivery.",
    )
    shop.turns.script = lambda turn_id: [answer.completed(turn_id, citations=(cited,))]
    conversation_id, holder = await shop.open_conversation()
    turn_id = (await shop.say(conversation_id, holder, "How long?")).json()["turn_id"]
    path = f"/v1/conversations/{conversation_id}/citations/{turn_id}/1"
    assert (await shop.client.get(path, headers=holder)).json()["document"]["title"] == "Returns"

    await withdraw(shop)

    source = (await shop.client.get(path, headers=holder)).json()
    assert source["document"] is None
    assert source["url"] == ""
    assert source["quote"] == cited.quote


async def test_restoring_brings_it_back_everywhere(shop: Any) -> None:
    await withdraw(shop)
    assert (await restore(shop)).json()["is_changed"]
    assert (await shop.client.get(f"/help/{RETURNS}")).status_code == 200
    assert "Returns" in await page(shop, "/help?q=return+unused+items")
    assert (await listed(shop))["items"] == []


async def test_lists_what_is_withdrawn_by_whom_and_why(shop: Any) -> None:
    await withdraw(shop)
    told = await listed(shop)
    (item,) = told["items"]
    assert item.pop("at").startswith("20")
    assert item == {
        "document_id": RETURNS,
        "title": "Returns",
        "where": "articles/returns.md",
        "is_in_knowledge": True,
        "reason": WHY,
        "by": "ops",
    }
    assert told["version"] == 1


@pytest.mark.parametrize("name", ["returns.md", "./returns.md", "articles/returns.md", "https://help.example/returns"])
async def test_a_document_is_named_as_people_name_it(shop: Any, name: str) -> None:
    assert (await withdraw(shop, name)).json()["document_id"] == RETURNS


async def test_a_withdrawn_document_can_be_named_by_its_path_too(shop: Any) -> None:
    await withdraw(shop)
    assert (await withdraw(shop, "returns.md")).json() == {
        "document_id": RETURNS,
        "title": "Returns",
        "is_withdrawn": True,
        "is_changed": False,
    }
    assert (await listed(shop))["version"] == 1


@pytest.mark.parametrize("name", ["", " ", "nothing.md", "doc_unheardof"])
async def test_a_document_that_nobody_knows_is_not_withdrawn(shop: Any, name: str) -> None:
    refused = await withdraw(shop, name)
    assert refused.status_code == 404
    assert "There is no such document" in refused.json()["detail"]
    assert (await restore(shop, "doc_unheardof")).status_code == 404
    assert (await listed(shop))["version"] == 0


@pytest.mark.parametrize("reason", ["", "  \n ", "x" * 301])
async def test_a_withdrawal_needs_a_reason_of_a_sane_length(shop: Any, reason: str) -> None:
    refused = await withdraw(shop, reason=reason)
    assert refused.status_code == 400
    assert refused.json()["field"] == "reason"
    assert (await shop.client.get(f"/help/{RETURNS}")).status_code == 200


async def test_a_document_of_an_older_snapshot_that_was_cited_can_be_withdrawn(shop: Any, answer: Any) -> None:
    old = DocumentId("doc_gone")
    cited = replace(answer.citation, document_id=old)
    shop.turns.script = lambda turn_id: [answer.completed(turn_id, citations=(cited,))]
    conversation_id, holder = await shop.open_conversation()
    await shop.say(conversation_id, holder, "How long?")
    assert (await withdraw(shop, old)).json()["is_changed"]
    (item,) = (await listed(shop))["items"]
    assert (item["document_id"], item["is_in_knowledge"], item["title"]) == (old, False, "")


async def test_another_process_s_withdrawal_is_followed_within_a_second(shop: Any) -> None:
    at = shop.app.clock.now()
    from frontdesk.domain.overlay import Withdrawal  # noqa: PLC0415

    change = Withdrawal(document_id=RETURNS, is_withdrawn=True, reason=WHY, by="another", at=at)
    shop.app.withdrawals.start()
    try:
        await shop.app.database.write(lambda stores: stores.withdrawals.add(change))
        async with asyncio.timeout(1.0):
            while (await shop.client.get(f"/help/{RETURNS}")).status_code != 404:
                await asyncio.sleep(0.02)
    finally:
        await shop.app.withdrawals.close()


class TestConsole:
    async def test_the_document_s_page_withdraws_it_and_lets_it_in_again(self, shop: Any) -> None:
        address = f"/console/knowledge/documents/{RETURNS}"
        assert "Withdraw it" in await page(shop, address)
        sent = await shop.client.post(f"{address}/withdraw", data={"reason": WHY}, headers=shop.staff)
        assert (sent.status_code, sent.headers["location"]) == (303, address)
        shown = await page(shop, address)
        assert f"Withdrawn by ops, {shown.split('by ops, ')[1].split(':')[0]}" in shown
        assert WHY in shown
        assert "As customers read it" not in shown
        sent = await shop.client.post(f"{address}/restore", headers=shop.staff)
        assert (sent.status_code, sent.headers["location"]) == (303, address)
        assert "Let it in again" not in await page(shop, address)
        assert (await shop.client.get(f"/help/{RETURNS}")).status_code == 200

    async def test_the_list_marks_it_and_tells_of_all_that_is_withdrawn(self, shop: Any) -> None:
        before = await page(shop, "/console/knowledge")
        assert "withdrawn" not in before
        await withdraw(shop)
        shown = await page(shop, "/console/knowledge")
        assert "1 document is withdrawn" in shown
        assert WHY in shown
        assert "articles/returns.md withdrawn" in shown
        assert "Documents 3" in shown

    async def test_the_document_s_page_remembers_earlier_withdrawals(self, shop: Any) -> None:
        address = f"/console/knowledge/documents/{RETURNS}"
        await withdraw(shop)
        assert "Withdrawals so far" not in await page(shop, address)
        await restore(shop)
        shown = await page(shop, address)
        assert "Withdrawals so far Let in again by ops, " in shown
        assert f": {WHY}" in shown.split("Withdrawals so far")[1]

    async def test_without_a_reason_nothing_is_withdrawn(self, shop: Any) -> None:
        address = f"/console/knowledge/documents/{RETURNS}"
        sent = await shop.client.post(f"{address}/withdraw", data={"reason": " "}, headers=shop.staff)
        assert sent.status_code == 400
        assert "Withdrawn by" not in await page(shop, address)

    async def test_a_reason_is_shown_as_text_and_not_as_markup(self, shop: Any) -> None:
        await withdraw(shop, reason="<script>alert(1)</script>")
        shown = (await shop.client.get("/console/knowledge", headers=shop.staff)).text
        assert "<script>alert" not in shown
        assert "&lt;script&gt;alert(1)" in shown
