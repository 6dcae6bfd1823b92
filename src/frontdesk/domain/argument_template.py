"""Texts with `{argument}` in them, as connectors.yaml has them for paths, parameters and bodies."""

import re
from functools import lru_cache

_PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}|\{\{|\}\}|[{}]")


@lru_cache(maxsize=4096)
def parse_template(text: str) -> tuple[str | tuple[str], ...]:
    """Its pieces in order: plain texts, and names of arguments as tuples of one. `{{` and `}}` are braces.

    Raises:
        ValueError: a brace stands alone.
    """
    pieces: list[str | tuple[str]] = []
    last = 0
    for match in _PLACE.finditer(text):
        if match[0] in "{}":
            raise ValueError(f"`{text}` has a lone `{match[0]}`; write it twice where it means itself")
        if before := text[last : match.start()]:
            pieces.append(before)
        pieces.append((match[1],) if match[1] else match[0][0])
        last = match.end()
    if text[last:]:
        pieces.append(text[last:])
    return tuple(pieces)


def names_in(text: str) -> tuple[str, ...]:
    """The arguments that a template names. Raises: ValueError: a brace stands alone."""
    return tuple(piece[0] for piece in parse_template(text) if isinstance(piece, tuple))
