"""Changes: each whole or not at all, noted once at the source, and once only for a key."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from frontdesk.simulators.backoffice.behaviour import Calendar
from frontdesk.simulators.backoffice.refusals import Refused
from frontdesk.simulators.backoffice.storage import Row, Storage

MAX_KEY_CHARS = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a call changed."""

    operation: str
    reference: str
    """The id of the record that it made or changed."""
    customer_id: str | None
    what: str
    answer: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A call that wants to change something."""

    system: str
    key: str
    """Its idempotency key; empty where the system keeps none, or none was sent."""
    asked: str
    """Digest of what it asks for."""
    status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What the call is answered."""

    status: int
    answer: dict[str, Any]
    effect_id: int
    is_replayed: bool = False


def digest_of(method: str, path: str, body: bytes) -> str:
    """The same for the same JSON, however it is spaced."""
    try:
        plain = json.dumps(json.loads(body or b"null"), sort_keys=True).encode()
    except ValueError:
        plain = body
    return hashlib.sha256(f"{method} {path}\n".encode() + plain).hexdigest()


def once(storage: Storage, calendar: Calendar, change: Change, do: Callable[[], Effect]) -> Changed:
    """Do it, or say what it said when this key came before.

    Raises:
        Refused: the key came with something else; or what `do` refuses, which leaves no trace.
    """
    if len(change.key) > MAX_KEY_CHARS:
        raise Refused(400, "key_too_long", f"An idempotency key has at most {MAX_KEY_CHARS} characters.")
    with storage.change():
        if change.key and (known := _known(storage, change)):
            return known
        effect = do()
        effect_id = storage.insert(
            "effects",
            at=calendar.stamp(),
            system=change.system,
            operation=effect.operation,
            key=change.key,
            reference=effect.reference,
            customer_id=effect.customer_id,
            what=effect.what,
        )
        if change.key:
            storage.insert(
                "kept_keys",
                system=change.system,
                key=change.key,
                asked=change.asked,
                status=change.status,
                answer=json.dumps(effect.answer),
                effect_id=effect_id,
            )
    return Changed(status=change.status, answer=effect.answer, effect_id=effect_id)


def _known(storage: Storage, change: Change) -> Changed | None:
    found = storage.row("SELECT * FROM kept_keys WHERE system = ? AND key = ?", change.system, change.key)
    if found is None:
        return None
    if found["asked"] != change.asked:
        raise Refused(409, "key_reused", "This idempotency key came before with another request.")
    answer = json.loads(found["answer"])
    return Changed(status=found["status"], answer=answer, effect_id=found["effect_id"], is_replayed=True)


def effects(storage: Storage, *, after: int = 0, system: str = "", customer_id: str = "", key: str = "") -> list[Row]:
    """What was changed, oldest first."""
    wanted = {"system": system, "customer_id": customer_id, "key": key}
    conditions = [f"{name} = ?" for name, value in wanted.items() if value]
    where = " AND ".join(["effect_id > ?", *conditions])
    values = [value for value in wanted.values() if value]
    return storage.rows(f"SELECT * FROM effects WHERE {where} ORDER BY effect_id", after, *values)  # noqa: S608
