from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from frontdesk.domain.attachments import Attachment, AttachmentRef
from frontdesk.domain.conversation import Conversation, Principal
from frontdesk.domain.errors import ConflictError
from frontdesk.domain.ids import AttachmentId, ConversationId, CustomerId, MessageId
from frontdesk.ports.stores import Database, Stores

MESSAGE = MessageId("msg_1")
BODY = b"\x89PNG\x00\xff" * 1_000


def an_attachment(
    conversation_id: ConversationId, now: datetime, name: str = "Schuh.png", **changes: object
) -> Attachment:
    ref = AttachmentRef(
        attachment_id=AttachmentId(f"att_{name.partition('.')[0].lower()}"),
        name=name,
        media_type="image/png",
        bytes=len(BODY),
        width=640,
        height=480,
    )
    attachment = Attachment(conversation_id=conversation_id, ref=ref, sha256="0" * 64, created_at=now)
    return replace(attachment, **changes)  # type: ignore[arg-type]


async def keep(database: Database, attachment: Attachment) -> AttachmentId:
    await database.write(lambda stores: stores.attachments.add(attachment, BODY))
    return attachment.ref.attachment_id


async def fetch(database: Database, attachment_id: AttachmentId) -> tuple[Attachment | None, bytes | None]:
    return await database.read(
        lambda stores: (stores.attachments.get(attachment_id), stores.attachments.body(attachment_id))
    )


async def test_gives_back_what_was_added_and_its_bytes(
    database: Database, conversation_id: ConversationId, now: datetime
) -> None:
    picture = an_attachment(conversation_id, now, "größer 漢字.png")
    text = replace(picture.ref, attachment_id=AttachmentId("att_t"), media_type="text/plain", width=None, height=None)
    note = replace(picture, ref=text)
    for attachment in (picture, note):
        await keep(database, attachment)
        assert await fetch(database, attachment.ref.attachment_id) == (attachment, BODY)
    assert await database.read(lambda stores: stores.attachments.usage(conversation_id)) == (2, 2 * len(BODY))


async def test_knows_nothing_of_what_is_not_there(database: Database, conversation_id: ConversationId) -> None:
    assert await fetch(database, AttachmentId("att_missing")) == (None, None)
    assert await database.read(lambda stores: stores.attachments.usage(conversation_id)) == (0, 0)
    assert await database.read(lambda stores: stores.attachments.sent_in(conversation_id)) == ()


async def test_refuses_the_same_id_twice_and_a_conversation_that_is_not_there(
    database: Database, conversation_id: ConversationId, now: datetime
) -> None:
    await keep(database, an_attachment(conversation_id, now))
    with pytest.raises(ConflictError):
        await keep(database, an_attachment(conversation_id, now))
    with pytest.raises(ConflictError):
        await keep(database, an_attachment(ConversationId("conv_missing"), now, "other.png"))


async def test_is_sent_with_one_message_of_its_own_conversation_once(
    database: Database,
    conversation_id: ConversationId,
    a_conversation: Callable[..., Conversation],
    now: datetime,
) -> None:
    other = a_conversation()
    await database.write(lambda stores: stores.conversations.create(other, token_hash=""))
    attachment = an_attachment(conversation_id, now)
    attachment_id = await keep(database, attachment)

    async def bind(where: ConversationId, message_id: MessageId) -> bool:
        return await database.write(lambda stores: stores.attachments.bind(attachment_id, where, message_id))

    assert not await bind(other.conversation_id, MESSAGE)
    assert await bind(conversation_id, MESSAGE)
    assert not await bind(conversation_id, MessageId("msg_2"))
    sent = await database.read(lambda stores: stores.attachments.sent_in(conversation_id))
    assert sent == (replace(attachment, message_id=MESSAGE),)
    assert await database.read(lambda stores: stores.attachments.sent_with(conversation_id, MESSAGE)) == 1
    assert await database.read(lambda stores: stores.attachments.sent_with(conversation_id, MessageId("msg_2"))) == 0


async def test_forgets_what_was_never_sent_and_keeps_what_was(
    database: Database, conversation_id: ConversationId, now: datetime
) -> None:
    old_sent = await keep(database, an_attachment(conversation_id, now - timedelta(days=2), "sent.png"))
    old = await keep(database, an_attachment(conversation_id, now - timedelta(days=2), "old.png"))
    fresh = await keep(database, an_attachment(conversation_id, now, "fresh.png"))

    def send_and_clean(stores: Stores) -> int:
        stores.attachments.bind(old_sent, conversation_id, MESSAGE)
        return stores.attachments.forget_unsent(before=now - timedelta(days=1))

    assert await database.write(send_and_clean) == 1
    assert await fetch(database, old) == (None, None)
    assert (await fetch(database, old_sent))[1] == BODY
    assert (await fetch(database, fresh))[1] == BODY


async def test_erasing_a_customer_erases_names_and_bytes(
    database: Database, conversation_id: ConversationId, now: datetime
) -> None:
    customer = CustomerId("cust_1")
    attachment_id = await keep(database, an_attachment(conversation_id, now))

    def identify_and_send(stores: Stores) -> None:
        stores.customers.get_or_create("s", fresh=customer, at=now)
        principal = Principal(subject="s", customer_id=customer, proof="signed_token")
        stores.conversations.set_principal(conversation_id, principal)
        stores.attachments.bind(attachment_id, conversation_id, MESSAGE)

    await database.write(identify_and_send)
    assert await database.write(lambda stores: stores.payloads.erase(customer, at=now)) == 1
    assert await database.write(lambda stores: stores.payloads.erase(customer, at=now)) == 0
    assert await fetch(database, attachment_id) == (None, None)
    assert await database.read(lambda stores: stores.attachments.sent_in(conversation_id)) == ()
    assert await database.read(lambda stores: stores.attachments.sent_with(conversation_id, MESSAGE)) == 1
