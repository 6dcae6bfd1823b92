"""A message as it is read for what it wants done."""

import re
from dataclasses import dataclass
from functools import cached_property

from frontdesk.text.surface import Surface, matching_surface
from frontdesk.text.tokens import Token, words

LANGUAGES = ("en", "de", "es")
"""Those whose words are known; a message is read in all of them, since a short one tells its language badly."""
_CLAUSE_END = re.compile(r"[!?;\n…]+|[.,:](?=\s|\Z)|\s[-–—]+\s|(?<=\s)(?=(?:but|pero|aber|sondern|sino)\b)")
_LONG_DRAWN = re.compile(r"([a-z])\1{2,}")
_NOT_SPOKEN = re.compile(r"[^\w%@#€$£+ \-/.]+")


@dataclass(frozen=True)
class Heard:
    """One message."""

    text: str
    """As the guard let it in."""
    language: str
    """ISO 639-1."""
    spoken: str = ""
    """Before anything in it was masked; empty where that is not known."""

    @property
    def unmasked(self) -> str:
        """For values that are asked for and would be masked elsewhere, such as an e-mail address."""
        return self.spoken or self.text

    @cached_property
    def surface(self) -> Surface:
        """In plain lower-case letters."""
        return matching_surface(self.text)

    @cached_property
    def folded(self) -> str:
        """The surface with letters that were drawn out for emphasis written once."""
        return _LONG_DRAWN.sub(r"\1", self.surface.text)

    @cached_property
    def clauses(self) -> tuple[str, ...]:
        """What stands between two marks, folded, with single spaces and without anything that is not spoken."""
        parts = (_NOT_SPOKEN.sub(" ", part) for part in _CLAUSE_END.split(self.folded))
        return tuple(clause for part in parts if (clause := " ".join(part.split()).strip(" -/.")))

    @cached_property
    def words(self) -> tuple[Token, ...]:
        """As they stand in `text`."""
        return tuple(words(self.text))

    @property
    def is_silent(self) -> bool:
        """Whether it has neither a letter nor a digit."""
        return not any(character.isalnum() for character in self.text)

    @property
    def asks(self) -> bool:
        """Whether it is put as a question by its mark."""
        return "?" in self.text or "¿" in self.text

    def said(self, start: int, end: int) -> str:
        """What the customer wrote where the surface reads `surface.text[start:end]`."""
        first, last = self.surface.span(start, end)
        return self.text[first:last]
