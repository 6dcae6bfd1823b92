"""A broken promise, in words."""

from dataclasses import dataclass
from typing import Literal

Harm = Literal["lost", "doubled", "mixed", "late", "wrong"]
"""What it means to a customer or to the books: something is gone, is there twice, is made of two, or is not what it
should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    invariant: str
    """Its number, such as I3."""
    harm: Harm
    where: str
    """Id of the turn, the conversation or the row."""
    what: str
