"""The customers that a demo's visitor may be: `visitors.yaml`.

They exist in the simulated back office, and being one of them proves nothing: whoever opens the demo chooses.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from frontdesk.domain.conversation import STAFF
from frontdesk.domain.localised import Localised

MAX_VISITORS = 8
"""More would be a list to search, and not a choice."""
MAX_STARTERS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoVisitor:
    """Somebody to try the demo as."""

    subject: Annotated[str, Field(min_length=1, max_length=200)]
    """The company's own name for them, as in its back office."""
    name: Annotated[str, Field(min_length=1, max_length=60)]
    """What they are called."""
    about: Localised = field(default_factory=dict)
    """In a few words, what they have to ask about."""
    starters: dict[str, Annotated[tuple[str, ...], Field(max_length=MAX_STARTERS)]] = field(default_factory=dict)
    """Per language, what they could say first, in place of the assistant's own questions."""
    audiences: tuple[Annotated[str, Field(min_length=1, max_length=60)], ...] = ()
    """What they may see beside the public documents."""

    def __post_init__(self) -> None:
        if STAFF in self.audiences:
            raise ValueError("`audiences` of a customer cannot hold `staff`")


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitorsFile:
    """visitors.yaml, beside an assistant folder's files and no part of a release."""

    visitors: Annotated[tuple[DemoVisitor, ...], Field(max_length=MAX_VISITORS)] = ()
    """In the order in which they are offered."""


_SCHEMAS: tuple[Any, ...] = (VisitorsFile, DemoVisitor)
for _schema in _SCHEMAS:  # a typing slip in a name must not be ignored
    _schema.__pydantic_config__ = ConfigDict(extra="forbid")

NAMES = frozenset(name for part in _SCHEMAS for name in part.__dataclass_fields__)
"""Every field of the file."""
