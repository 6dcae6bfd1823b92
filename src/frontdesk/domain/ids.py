"""Identifiers: one type per noun, each with a prefix that shows in logs.

An id is minted from a random token (see `frontdesk.ports.clock.TokenSource`) or from a content
digest; this module has no randomness of its own.
"""

import re
from typing import ClassVar, Self

from frontdesk.domain.errors import MalformedError

_TOKEN = re.compile(r"[0-9a-z_-]{1,120}\Z")


class Id(str):
    """A prefixed identifier; behaves as its text everywhere."""

    __slots__ = ()
    prefix: ClassVar[str]

    @classmethod
    def mint(cls, token: str) -> Self:
        """The id of this kind for a random or content-derived token."""
        return cls(f"{cls.prefix}_{token}")

    @classmethod
    def parse(cls, text: str, *, field: str) -> Self:
        """Read an id that came from outside.

        Raises:
            MalformedError: wrong prefix, forbidden characters, or longer than 128 characters.
        """
        head, _, token = text.partition("_")
        if head != cls.prefix or not _TOKEN.match(token):
            raise MalformedError(f"{field} must be an id that starts with '{cls.prefix}_'.", field=field)
        return cls(text)


class ConversationId(Id):
    __slots__ = ()
    prefix = "conv"


class TurnId(Id):
    __slots__ = ()
    prefix = "turn"


class MessageId(Id):
    __slots__ = ()
    prefix = "msg"


class CustomerId(Id):
    __slots__ = ()
    prefix = "cust"


class EscalationId(Id):
    __slots__ = ()
    prefix = "esc"


class AttachmentId(Id):
    __slots__ = ()
    prefix = "att"


class PayloadId(Id):
    __slots__ = ()
    prefix = "pay"


class RunId(Id):
    """Of one run of a workflow."""

    __slots__ = ()
    prefix = "run"


class ReleaseId(Id):
    __slots__ = ()
    prefix = "rel"


class SnapshotId(Id):
    __slots__ = ()
    prefix = "snap"


class DocumentId(Id):
    __slots__ = ()
    prefix = "doc"


class ChunkId(Id):
    __slots__ = ()
    prefix = "chunk"
