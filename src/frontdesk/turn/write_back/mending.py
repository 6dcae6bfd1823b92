"""What people do about records that are stuck, and how one will look before it is sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from frontdesk.domain.audit import AuditEntry
from frontdesk.domain.conversation import Conversation
from frontdesk.domain.errors import ConflictError, MalformedError, NotFoundError
from frontdesk.domain.ids import ConversationId
from frontdesk.domain.write_back import MAX_REASON_CHARS, STUCK, FieldRule, Mended, StoredWriteBack
from frontdesk.ports.stores import Database, Stores
from frontdesk.turn.write_back.delivery import Target, map_now
from frontdesk.turn.write_back.mapping import MappedRecord

MAX_VALUE_CHARS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A conversation's record as it would be sent now."""

    record: MappedRecord
    held: StoredWriteBack | None
    """None where nothing was ever to be written of it."""
    is_new: bool
    """Whether anything of it is not there yet."""


async def preview(database: Database, conversation_id: ConversationId, target: Target) -> Preview:
    """
    Raises:
        NotFoundError: there is no such conversation.
    """
    held = await database.read(lambda stores: stores.write_backs.get(conversation_id))
    found = await _mapped(database, conversation_id, held, target, {})
    if found is None:
        raise NotFoundError("There is no such conversation.", field="conversation_id")
    return Preview(record=found, held=held, is_new=held is None or found.digest != held.sent_digest)


async def mend(
    database: Database,
    conversation_id: ConversationId,
    values: Mapping[str, str],
    target: Target,
    *,
    by: str,
    at: datetime,
) -> None:
    """Put these values in place of others and try the record again at once.

    A value that is the mapping's own mends nothing.

    Raises:
        NotFoundError: nothing is known of it.
        MalformedError: a value is not allowed; `field` names it, and nothing was changed.
        ConflictError: it is neither stuck nor discarded.
    """
    shown = await preview(database, conversation_id, target)
    if shown.held is None:
        raise NotFoundError("Nothing is to be written of this conversation.", field="conversation_id")
    mended = _mended(shown.record, values, target)
    await _check(database, shown.held, mended, target)

    def resend(stores: Stores) -> bool:
        changed = stores.write_backs.resend(conversation_id, mended, by=by, at=at)
        if changed:
            details = {"fields": ", ".join(sorted(mended))} if mended else {}
            stores.audit.append([_entry(stores, "write_back.resent", conversation_id, details, by=by, at=at)])
        return changed

    if not await database.write(resend):
        raise ConflictError("It is neither stuck nor discarded.", field="conversation_id")


async def resend_all(database: Database, *, by: str, at: datetime) -> int:
    """Try everything that is stuck again; how many that were."""

    def resend(stores: Stores) -> int:
        count = stores.write_backs.resend_all(STUCK, by=by, at=at)
        if count:
            entry = AuditEntry(
                at=at, actor=f"staff:{by}", action="write_back.resent", subject="", details={"count": str(count)}
            )
            stores.audit.append([entry])
        return count

    return await database.write(resend)


async def discard(database: Database, conversation_id: ConversationId, *, reason: str, by: str, at: datetime) -> None:
    """Never write it, whatever is said in it later, until somebody resends it.

    Raises:
        NotFoundError: nothing is known of it.
        MalformedError: there is no reason, or it is too long.
        ConflictError: it is being sent, or nothing of it waits.
    """
    why = " ".join(reason.split())
    if not why:
        raise MalformedError("Say why it is discarded.", field="reason")
    if len(why) > MAX_REASON_CHARS:
        raise MalformedError(f"A reason has at most {MAX_REASON_CHARS} characters.", field="reason")

    def drop(stores: Stores) -> None:
        if stores.write_backs.get(conversation_id) is None:
            raise NotFoundError("Nothing is to be written of this conversation.", field="conversation_id")
        if not stores.write_backs.discard(conversation_id, reason=why, by=by, at=at):
            raise ConflictError("It is being sent just now, or nothing of it waits.", field="conversation_id")
        stores.audit.append([_entry(stores, "write_back.discarded", conversation_id, {}, by=by, at=at)])

    await database.write(drop)


def _entry(
    stores: Stores, action: str, conversation_id: ConversationId, details: Mapping[str, str], *, by: str, at: datetime
) -> AuditEntry:
    conversation: Conversation | None = stores.conversations.get(conversation_id)
    subject = (conversation.principal.customer_id or "") if conversation else ""
    return AuditEntry(
        at=at,
        actor=f"staff:{by}",
        action=action,
        subject=subject,
        conversation_id=conversation_id,
        details=details,
    )


def is_mendable(rule: FieldRule) -> bool:
    """What names the record is not: another name would be another record."""
    return rule.source != "conversation.id" and not rule.source.startswith("record.")


def _mended(record: MappedRecord, values: Mapping[str, str], target: Target) -> Mapping[str, Mended]:
    fields = {one.name: one for one in record.fields if is_mendable(target.rules.fields[one.name])}
    for name, value in values.items():
        if name not in fields:
            raise MalformedError(f"The record has no field {name} that can be mended.", field=name)
        if len(value) > MAX_VALUE_CHARS:
            raise MalformedError(f"{name} has at most {MAX_VALUE_CHARS} characters.", field=name)
    return {
        name: Mended(value=value.strip(), instead_of=fields[name].computed_hash)
        for name, value in values.items()
        if _plain(value) != _plain(fields[name].text)
    }


def _plain(text: str) -> str:
    """Browsers send other line ends than they were given."""
    return text.replace("\r\n", "\n").strip()


async def _check(database: Database, held: StoredWriteBack, mended: Mapping[str, Mended], target: Target) -> None:
    record = await _mapped(database, held.conversation_id, held, target, mended)
    wrong = next(iter(record.errors if record else ()), None)
    if wrong is not None:
        raise MalformedError(f"{wrong.field}: {wrong.message}", field=wrong.field)


async def _mapped(
    database: Database,
    conversation_id: ConversationId,
    held: StoredWriteBack | None,
    target: Target,
    mended: Mapping[str, Mended],
) -> MappedRecord | None:
    """The record as it would be sent next, with these values mended beside those that were before."""
    version, reference, before = (held.versions + 1, held.reference, held.mended) if held else (1, "", {})
    found = await map_now(
        database, conversation_id, target, version=version, reference=reference, mended={**before, **mended}
    )
    return found[0] if found else None
