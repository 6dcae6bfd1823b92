"""Front matter of a prototype's documents: kept where it is ours, mended where it is another generator's.

What might say who may see a document is never dropped: such a document is not taken over.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import yaml

from frontdesk.ingest.parsing.front_matter import IGNORED, KEYS, read_facts, split_front_matter
from frontdesk.ingest.unfit import UnfitDocumentError
from frontdesk.releases.prototype.values import NotTakenError

_BLOCK = re.compile(
    r"\s*(?P<fence>---|\+\+\+)[ \t]*\n(?P<block>.*?)^(?P=fence)[ \t]*(?:\n|\Z)", re.MULTILINE | re.DOTALL
)
_PERMISSION = frozenset({
    "access", "acl", "allowed", "audiences", "confidential", "draft", "groups", "internal", "permission",
    "permissions", "private", "published", "restricted", "roles", "segment", "sensitivity", "status", "visibility",
    "visible",
})  # fmt: skip
_OPEN = {
    "published": ("true", "yes"),
    "status": ("published", "public", "live", "final"),
    **dict.fromkeys(("confidential", "draft", "internal", "private", "restricted"), ("false", "no", "0")),
}
_FOR_EVERYONE = ("all", "any", "everybody", "everyone", "public", "[]", "")


def with_front_matter(text: str, *, title: str, source: str) -> tuple[str, tuple[str, ...]]:
    """The document with front matter that holds, a title and a word on where it comes from; and what was changed.

    Raises:
        NotTakenError: what it says of itself cannot be read, or may say that not everyone may see it.
    """
    note = f"# taken over from {one_line(source)}\n"
    try:
        stated, body = split_front_matter(text)
        read_facts(stated)
    except UnfitDocumentError:
        stated, body, dropped = _mended(text)
        return f"---\n{note}{_block({'title': title, **stated})}---\n\n{body.lstrip()}", dropped
    match = _BLOCK.match(text)
    if match is None or not stated:
        kept = match["block"] if match and body != text else ""
        return f"---\n{note}{_block({'title': title})}{kept}---\n\n{body.lstrip()}", ()
    added = "" if stated.get("title") else _block({"title": title})
    return f"---\n{note}{added}{match['block']}---\n\n{body.lstrip()}", ()


def quoted(value: str) -> str:
    """The value as YAML in quotes, which no character of it can leave."""
    return json.dumps(one_line(value), ensure_ascii=False)


def one_line(value: str) -> str:
    """The value without line breaks and control characters, which a comment or a title cannot hold."""
    return " ".join("".join(char if char.isprintable() else " " for char in value).split())


def _block(values: Mapping[str, str]) -> str:
    return "".join(f"{name}: {quoted(value)}\n" for name, value in values.items() if value)


def _mended(text: str) -> tuple[dict[str, str], str, tuple[str, ...]]:
    """What can be kept of another generator's front matter, the text below it, and what was dropped."""
    match = _BLOCK.match(text)
    data = _load(match["block"], match["fence"]) if match else None
    if match is None or data is None:
        raise NotTakenError("its front matter cannot be read", "Mend the block between the --- lines.")
    kept: dict[str, str] = {}
    dropped = []
    for key, value in data.items():
        name, shown = str(key).strip().lower(), _as_text(value)
        if name in KEYS and _is_valid(name, shown):
            kept[name] = shown
        elif _limits_readers(name, shown):
            raise NotTakenError(
                f"its front matter says who may see it ({one_line(f'{key}: {shown}')[:60]}), in words we do not know",
                "Say it as `audience: public`, or `audience: staff` for colleagues only.",
            )
        elif name not in IGNORED:
            dropped.append(str(key)[:40])
    return kept, text[match.end() :], (f"front matter without {', '.join(dropped)}",) if dropped else ()


def _load(block: str, fence: str) -> dict[str, Any] | None:
    try:
        data = tomllib.loads(block) if fence == "+++" else yaml.load(block, Loader=yaml.BaseLoader)  # noqa: S506  (texts only)
    except (yaml.YAMLError, tomllib.TOMLDecodeError, RecursionError, ValueError):
        return None
    return data if isinstance(data, dict) else {} if data is None else None


def _as_text(value: Any) -> str:
    return str(value).strip() if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _is_valid(name: str, value: str) -> bool:
    try:
        read_facts({name: value})
    except UnfitDocumentError:
        return False
    return True


def _limits_readers(name: str, value: str) -> bool:
    if name != "audience" and name not in _PERMISSION and not get_close_matches(name, ["audience"], n=1, cutoff=0.75):
        return False
    return value.lower() not in (*_OPEN.get(name, ()), *(() if name in _OPEN else _FOR_EVERYONE))
