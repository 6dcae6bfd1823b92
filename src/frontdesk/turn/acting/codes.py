"""One-time codes: a customer proves again, by something that only they receive, that it is them.

A code has six digits, holds for ten minutes and five tries, and is kept as a hash. After the last try a person is asked.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Literal

import structlog

from frontdesk.domain.ids import ConversationId
from frontdesk.domain.turn import Lease
from frontdesk.ports.clock import TokenSource
from frontdesk.ports.codes import CodeSender
from frontdesk.ports.stores import CodeCheck, Database, Stores

log = structlog.get_logger()

DIGITS = 6
EXPIRES_S = 600.0
MAX_TRIES = 5
STEPPED_UP_S = 900.0
"""How long a right code counts; a guess between a nuisance and a borrowed telephone."""
MOST_A_DAY = 10
"""Codes for one customer in 24 hours, in all conversations: nobody's telephone is flooded, and guessing stays hopeless
(50 tries a day at a million codes); a guess."""
_SEND_S = 3.0
_CODE = re.compile(r"(?<!\d)(\d{3})[ \-.]?(\d{3})(?!\d)")
_ANY_DIGITS = re.compile(r"\d")

Sent = Literal["sent", "unsent", "too_many"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """Of one process."""

    database: Database
    tokens: TokenSource
    sender: CodeSender | None

    async def is_stepped_up(self, conversation_id: ConversationId, subject: str) -> bool:
        return await self.database.read(
            lambda stores: stores.one_time_codes.stepped_up(conversation_id, subject, within_s=STEPPED_UP_S)
        )

    async def send(
        self, conversation_id: ConversationId, subject: str, *, language: str, lease: Lease, deadline_s: float
    ) -> Sent:
        """Make a code, keep its hash, and send it; an earlier one of the conversation holds no more."""
        if self.sender is None or not subject:
            return "unsent"
        code_id, code = self.tokens.token(), f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"

        def commit(stores: Stores) -> bool:
            stores.turns.assert_held(lease)
            if stores.one_time_codes.sent_to(subject, within_s=86_400.0) >= MOST_A_DAY:
                return False
            stores.one_time_codes.put(
                code_id, conversation_id, subject, code_hash=hash_code(code_id, code), expires_s=EXPIRES_S
            )
            return True

        if not await self.database.write(commit):
            return "too_many"
        is_sent = await self.sender.send(subject, code, language=language, deadline_s=min(_SEND_S, deadline_s))
        return "sent" if is_sent else "unsent"

    async def check(self, code_id: str, code: str, *, lease: Lease) -> CodeCheck:
        """Whether it is the right one; the try is counted before anybody knows."""

        def commit(stores: Stores) -> CodeCheck:
            stores.turns.assert_held(lease)
            hashed = hash_code(code_id, code)
            return stores.one_time_codes.check(code_id, hashed, turn_id=lease.turn_id, max_tries=MAX_TRIES)

        return await self.database.write(commit)


def find_code(text: str) -> str:
    """The code in a message that is hardly anything else; empty where there is none."""
    found = _CODE.findall(text)
    others = len(_ANY_DIGITS.findall(text)) - DIGITS
    return "".join(found[0]) if len(found) == 1 and others == 0 else ""


def hash_code(code_id: str, code: str) -> str:
    """A million codes are hashed in no time, so the hash hides nothing from whoever has the table for ten minutes. What
    it does is keep codes out of copies of the table; the tries are what protects them."""
    return hashlib.sha256(f"{code_id}:{code}".encode()).hexdigest()
