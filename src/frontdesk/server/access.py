"""Who may use which route: the one place of access.

    PUBLIC        anybody
    CONVERSATION  whoever holds that conversation's token, or a staff key
    STAFF         whoever holds a staff key
    CONSOLE       a browser that has signed in with one, or whoever holds one

Every route declares one of them (see `frontdesk.server.routes`). A conversation that is not yours and one
that does not exist are answered alike. Secrets are kept as sha256; they carry 256 random bits, so a fast
hash is enough.

A browser sends its cookie whoever made it send the request, so what changes something must come from a page of ours.
"""

import hashlib
import hmac
from collections import OrderedDict
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from fastapi import Request

from frontdesk.domain.errors import MalformedError, NotFoundError, PermissionDeniedError, UnauthenticatedError
from frontdesk.domain.ids import ConversationId
from frontdesk.ports.clock import Clock
from frontdesk.ports.stores import Database, Stores
from frontdesk.server.addresses import client_address
from frontdesk.server.problems import SignedOutError, TooManyAttemptsError

STAFF_PREFIX = "fd_"
TOKEN_PREFIX = "ct_"
_MAX_CREDENTIAL_CHARS = 256
_REMEMBERED = 10_000
"""Conversations and addresses kept in memory; the least recently used go first."""
_NOBODY = hashlib.sha256(b"").hexdigest()
SESSION_COOKIE = "frontdesk_session"
SESSION_PREFIX = "fs_"
LINK_PREFIX = "fdl_"
_SAFE_METHODS = ("GET", "HEAD")
GUESSES = 10
"""Wrong staff keys an address may send at once."""
GUESS_EVERY_S = 6.0
"""One more every so many seconds."""


class Access(StrEnum):
    PUBLIC = "public"
    CONVERSATION = "conversation"
    STAFF = "staff"
    CONSOLE = "console"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who a request was admitted as."""

    staff_name: str | None = None
    conversation_id: ConversationId | None = None
    """The conversation in the path; it exists. Only on routes of `CONVERSATION`."""
    channel: str = ""
    """The channel of that conversation."""


@dataclass(frozen=True, slots=True)
class _Known:
    token_hash: str
    channel: str


class Gate:
    """Admits requests. Token hashes never change, so those of busy conversations stay in memory."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._known: OrderedDict[ConversationId, _Known] = OrderedDict()
        self._guesses = GuessLimit(clock)

    async def admit(self, request: Request, access: Access) -> Visitor:
        """
        Raises:
            UnauthenticatedError: no credential, or a wrong staff key.
            SignedOutError: no session, or one that has ended.
            PermissionDeniedError: another website's page sent a request that would change something.
            NotFoundError: no such conversation, or not this visitor's.
            TooManyAttemptsError: too many wrong staff keys from this address.
        """
        if access is Access.PUBLIC:
            return Visitor()
        if access is Access.CONSOLE and "authorization" not in request.headers:
            return Visitor(staff_name=await self._signed_in_name(request))
        credential = _bearer(request)
        if access in (Access.STAFF, Access.CONSOLE):
            return Visitor(staff_name=await self.staff_name(request, credential))
        return await self._admit_to_conversation(request, credential)

    async def _admit_to_conversation(self, request: Request, credential: str) -> Visitor:
        staff_name = None
        if credential.startswith(STAFF_PREFIX):
            staff_name = await self.staff_name(request, credential)
        conversation_id = _conversation_in(request)
        known = await self._lookup(conversation_id)
        is_holder = hmac.compare_digest(hash_secret(credential), known.token_hash if known else _NOBODY)
        if known is None or not (is_holder or staff_name):
            raise _no_conversation()
        return Visitor(staff_name=staff_name, conversation_id=conversation_id, channel=known.channel)

    async def staff_name(self, request: Request, credential: str) -> str:
        """Whose staff key this is.

        Raises:
            UnauthenticatedError, TooManyAttemptsError.
        """
        digest = hash_secret(credential)
        name = await self._database.read(lambda stores: stores.staff_keys.find(digest))
        if name is None:  # right keys are let in whoever else guesses from the same address; they cannot be guessed
            self.note_guess(request)
            raise UnauthenticatedError("The key is not valid.")
        return name

    def note_guess(self, request: Request) -> None:
        """Count a wrong credential against its address. Raises: TooManyAttemptsError."""
        address = client_address(request)
        self._guesses.check(address)
        self._guesses.note_wrong(address)

    async def _signed_in_name(self, request: Request) -> str:
        token = request.cookies.get(SESSION_COOKIE, "")
        if not token:
            raise SignedOutError("Sign in first.")
        if request.method not in _SAFE_METHODS and not is_from_own_page(request):
            raise PermissionDeniedError("The request came from a page of another website.")
        digest = hash_secret(token[:_MAX_CREDENTIAL_CHARS])
        session = await self._database.read(lambda stores: stores.staff_sessions.find(digest, kind="session"))
        if session is None or session.expires_at <= self._clock.now():
            raise SignedOutError("Your session has ended. Sign in again to go on.", has_ended=True)
        return session.name

    async def _lookup(self, conversation_id: ConversationId) -> _Known | None:
        known = self._known.get(conversation_id)
        if known is None:
            known = await self._database.read(lambda stores: _read_known(stores, conversation_id))
            if known is None:
                return None
            self._known[conversation_id] = known
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(conversation_id)
        return known


class GuessLimit:
    """A bucket of wrong guesses per address, filled again slowly. Right keys cost nothing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._spent: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """Guesses spent, and when that was true."""

    def check(self, address: str) -> None:
        """Raises: TooManyAttemptsError."""
        spent = self._now_spent(address)
        if spent > GUESSES - 1:
            wait_s = max(1, round((spent - GUESSES + 1) * GUESS_EVERY_S))
            raise TooManyAttemptsError("Too many wrong keys came from your address.", retry_after_s=wait_s)

    def note_wrong(self, address: str) -> None:
        self._spent[address] = (self._now_spent(address) + 1, self._clock.monotonic())
        self._spent.move_to_end(address)
        if len(self._spent) > _REMEMBERED:
            self._spent.popitem(last=False)

    def _now_spent(self, address: str) -> float:
        spent, at = self._spent.get(address, (0.0, 0.0))
        return max(0.0, spent - (self._clock.monotonic() - at) / GUESS_EVERY_S)


def is_from_own_page(request: Request) -> bool:
    """Whether the browser says that a page of this very server sent the request; one that says nothing is not trusted."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = urlsplit(request.headers.get("origin", ""))  # plain http, where browsers leave the header above out
    return origin.scheme in ("http", "https") and origin.netloc == request.headers.get("host", "")


def hash_secret(secret: str) -> str:
    """sha256 of a credential, as the database keeps it."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _bearer(request: Request) -> str:
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    credential = credential.strip()
    if scheme.lower() != "bearer" or not credential or len(credential) > _MAX_CREDENTIAL_CHARS:
        raise UnauthenticatedError("Send the credential as Authorization: Bearer ….")
    return credential


def _conversation_in(request: Request) -> ConversationId:
    try:
        return ConversationId.parse(request.path_params["conversation_id"], field="conversation_id")
    except MalformedError:
        raise _no_conversation() from None


def _no_conversation() -> NotFoundError:
    return NotFoundError("There is no such conversation.", field="conversation_id")


def _read_known(stores: Stores, conversation_id: ConversationId) -> _Known | None:
    conversation = stores.conversations.get(conversation_id)
    token_hash = stores.conversations.token_hash(conversation_id)
    if conversation is None or token_hash is None:
        return None
    return _Known(token_hash, conversation.channel)
