"""Files over HTTP: uploaded, sent with a message, read, refused."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest

from frontdesk.domain.attachments import MAX_BYTES_PER_CONVERSATION
from frontdesk.domain.conversation import ConversationStatus, Principal
from frontdesk.domain.ids import CustomerId
from pictures import a_gif, a_png

PDF = b"%PDF-1.7\n%%EOF\n"


class Sender:
    """A customer who uploads."""

    def __init__(self, desk: Any, conversation_id: str, headers: Mapping[str, str]) -> None:
        self.desk, self.conversation_id, self.headers = desk, conversation_id, headers
        self.path = f"/v1/conversations/{conversation_id}"

    async def upload(
        self, content: Any = None, media_type: str = "image/png", name: str = "boots.png", **headers: str
    ) -> httpx.Response:
        sent = {**self.headers, "Content-Type": media_type, "X-Filename": name, **headers}
        body = a_png(4, 3) if content is None else content
        response: httpx.Response = await self.desk.client.post(f"{self.path}/attachments", content=body, headers=sent)
        return response

    async def uploaded(self, *args: Any) -> str:
        response = await self.upload(*args)
        assert response.status_code == 201, response.text
        attachment_id: str = response.json()["attachment_id"]
        return attachment_id

    async def fetch(self, attachment_id: str) -> httpx.Response:
        response: httpx.Response = await self.desk.client.get(
            f"{self.path}/attachments/{attachment_id}", headers=self.headers
        )
        return response

    async def send(self, text: str, *attachments: str, key: str = "k1") -> httpx.Response:
        response: httpx.Response = await self.desk.client.post(
            f"{self.path}/messages",
            json={"text": text, "attachments": list(attachments)},
            headers={**self.headers, "Idempotency-Key": key},
        )
        return response

    async def accepted(self) -> list[dict[str, Any]]:
        events = await self.desk.app.database.read(lambda stores: stores.events.read(self.conversation_id, after=0))
        return [json.loads(event.body) for event in events if event.kind == "turn.accepted"]


@pytest.fixture
async def sender(desk: Any) -> Sender:
    return Sender(desk, *await desk.open_conversation())


async def test_keeps_a_picture_and_gives_it_back_to_be_shown(sender: Sender) -> None:
    response = await sender.upload(a_png(4, 3) + b"<script>", name="C%3A%5Cfotos%5Cgr%C3%BCne%20Stiefel.png")
    kept = response.json()
    assert response.status_code == 201
    assert {**kept, "attachment_id": ""} == {
        "attachment_id": "",
        "name": "grüne Stiefel.png",
        "media_type": "image/png",
        "bytes": len(a_png(4, 3)),
        "width": 4,
        "height": 3,
    }
    assert response.headers["location"] == f"{sender.path}/attachments/{kept['attachment_id']}"
    shown = await sender.fetch(kept["attachment_id"])
    assert (shown.status_code, shown.content) == (200, a_png(4, 3))
    assert shown.headers["content-type"] == "image/png"
    assert shown.headers["content-disposition"] == "inline; filename*=UTF-8''gr%C3%BCne%20Stiefel.png"
    assert shown.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["cache-control"].startswith("private")


@pytest.mark.parametrize(
    ("content", "media_type", "sent_as"),
    [(PDF, "application/pdf", "application/pdf"), (b"Order 12345\n", "text/plain", "text/plain; charset=utf-8")],
)
async def test_gives_anything_else_to_be_saved(sender: Sender, content: bytes, media_type: str, sent_as: str) -> None:
    shown = await sender.fetch(await sender.uploaded(content, media_type))
    assert shown.content == content
    assert shown.headers["content-type"] == sent_as
    assert shown.headers["content-disposition"].startswith("attachment; ")


async def test_a_file_without_name_gets_one(sender: Sender) -> None:
    response = await sender.desk.client.post(
        f"{sender.path}/attachments", content=a_gif(), headers={**sender.headers, "Content-Type": "image/gif"}
    )
    assert response.json()["name"] == "file.gif"


@pytest.mark.parametrize(
    ("content", "media_type", "status", "field"),
    [
        (b"<svg/>", "image/svg+xml", 415, "Content-Type"),
        (b"<p>Hi", "text/html", 415, "Content-Type"),
        (b"hi", "", 415, "Content-Type"),
        (b"hi", "text/plain; charset=latin-1", 415, "Content-Type"),
        (b"GIF89a", "image/png", 400, "Content-Type"),
        (b"<svg onload=alert(1)>", "text/plain", 400, "body"),
        (b"", "image/png", 400, "body"),
        (a_png(100_000, 100_000), "image/png", 413, "body"),
    ],
)
async def test_names_what_is_wrong_with_a_file(
    sender: Sender, content: bytes, media_type: str, status: int, field: str
) -> None:
    response = await sender.upload(content, media_type)
    assert (response.status_code, response.json()["field"]) == (status, field)


async def test_refuses_a_compressed_body_and_a_name_that_is_no_text(sender: Sender) -> None:
    compressed = await sender.upload(None, **{"Content-Encoding": "gzip"})
    assert (compressed.status_code, compressed.json()["field"]) == (415, "Content-Encoding")
    for name in ("%ff%fe", "x" * 1_001):
        named = await sender.upload(name=name)
        assert (named.status_code, named.json()["field"]) == (400, "X-Filename")


async def test_stops_reading_a_file_at_its_cap(sender: Sender) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 1
            yield b"x" * 100_000

    assert (await sender.upload(b"x" * 5_000_001)).status_code == 413
    assert (await sender.upload(endless())).status_code == 413
    elsewhere = await sender.desk.client.post(f"{sender.path}/messages", content=b"x" * 70_000, headers=sender.headers)
    assert elsewhere.status_code == 413
    assert sent <= 100


async def test_a_conversation_holds_forty_files(sender: Sender) -> None:
    for _ in range(40):
        await sender.uploaded()
    response = await sender.upload()
    assert response.status_code == 409
    assert "40 files" in response.json()["detail"]


async def test_the_files_of_a_conversation_have_a_size_together(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sender.uploaded()
    monkeypatch.setattr(
        "frontdesk.turn.attachments.keeping.MAX_BYTES_PER_CONVERSATION", MAX_BYTES_PER_CONVERSATION // 10**6
    )
    response = await sender.upload()
    assert response.status_code == 409
    assert "bytes together" in response.json()["detail"]


async def test_a_closed_conversation_takes_no_files(sender: Sender) -> None:
    await sender.desk.app.database.write(
        lambda stores: stores.conversations.set_status(sender.conversation_id, ConversationStatus.CLOSED)
    )
    assert (await sender.upload()).status_code == 409


async def test_files_are_sent_with_a_message_and_told_in_the_log(sender: Sender) -> None:
    first, second = await sender.uploaded(), await sender.uploaded(PDF, "application/pdf", "receipt.pdf")
    assert (await sender.send("Is this covered?", first, second)).status_code == 200
    (accepted,) = await sender.accepted()
    assert accepted["text"] == "Is this covered?"
    assert [one["attachment_id"] for one in accepted["attachments"]] == [first, second]
    assert accepted["attachments"][1] == {
        "attachment_id": second,
        "name": "receipt.pdf",
        "media_type": "application/pdf",
        "bytes": len(PDF),
        "width": None,
        "height": None,
    }
    state = (await sender.desk.client.get(sender.path, headers=sender.headers)).json()
    assert state["messages"][0]["attachments"] == accepted["attachments"]


async def test_the_same_message_again_is_the_same_turn_and_with_other_files_a_conflict(sender: Sender) -> None:
    first, second = await sender.uploaded(), await sender.uploaded()
    turns = [await sender.send("Look", first) for _ in range(2)]
    assert turns[0].content == turns[1].content
    for attachments in ((), (second,), (first, second)):
        response = await sender.send("Look", *attachments)
        assert (response.status_code, response.json()["field"]) == (409, "Idempotency-Key")
    assert len(await sender.accepted()) == 1
    assert (await sender.send("And this", second, key="k2")).status_code == 200


async def test_a_file_is_sent_once_and_only_in_its_own_conversation(desk: Any, sender: Sender) -> None:
    mine, sent = await sender.uploaded(), await sender.uploaded()
    await sender.send("Look", sent)
    stranger = Sender(desk, *await desk.open_conversation())
    for who, attachment_id in (
        (stranger, mine),
        (sender, sent),
        (sender, "att_missing"),
        (sender, "../x"),
        (sender, ""),
    ):
        response = await who.send("Look", attachment_id, key="k2")
        assert (response.status_code, response.json()["field"]) == (404, "attachments")
    assert len(await sender.accepted()) == 1
    assert await stranger.accepted() == []
    assert (await stranger.fetch(mine)).status_code == 404


async def test_a_message_that_is_refused_leaves_its_files_to_be_sent(sender: Sender) -> None:
    attachment_id = await sender.uploaded()
    assert (await sender.send("Look", attachment_id, "att_missing")).status_code == 404
    assert (await sender.send("Look", attachment_id, key="k2")).status_code == 200


async def test_refuses_too_many_files_and_one_named_twice(sender: Sender) -> None:
    attachment_id = await sender.uploaded()
    for attachments in ((attachment_id, attachment_id), tuple(f"att_{number}" for number in range(5))):
        response = await sender.send("Look", *attachments)
        assert (response.status_code, response.json()["field"]) == (422, "attachments")


async def test_a_message_needs_words_or_a_file(sender: Sender) -> None:
    assert (await sender.send("")).status_code == 422
    assert (await sender.send(" \u200b ")).status_code == 400
    assert (await sender.send(" \u200b ", await sender.uploaded())).status_code == 200
    assert (await sender.accepted())[0]["text"] == ""


async def test_erased_files_are_not_there(sender: Sender) -> None:
    attachment_id = await sender.uploaded()
    await sender.send("Look", attachment_id)
    database, clock = sender.desk.app.database, sender.desk.app.clock
    customer = CustomerId("cust_ann")

    def identify(stores: Any) -> None:
        stores.customers.get_or_create("ann", fresh=customer, at=clock.now())
        principal = Principal(subject="ann", customer_id=customer, proof="signed_token")
        stores.conversations.set_principal(sender.conversation_id, principal)

    await database.write(identify)
    await database.write(lambda stores: stores.payloads.erase(customer, at=clock.now()))
    erased = await sender.fetch(attachment_id)
    missing = await sender.fetch("att_missing")
    assert (erased.status_code, erased.json()["detail"]) == (404, missing.json()["detail"])
    state = (await sender.desk.client.get(sender.path, headers=sender.headers)).json()
    assert (state["messages"][0]["text"], state["messages"][0]["attachments"]) == ("", [])


async def test_a_named_website_may_name_its_files(desk_with: Any) -> None:
    async with desk_with(allowed_origins="https://shop.example") as desk:
        preflight = await desk.client.options(
            "/v1/conversations/conv_x/attachments",
            headers={"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"},
        )
    assert "X-Filename" in preflight.headers["access-control-allow-headers"]
