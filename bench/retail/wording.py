"""What a customer's words for things mean, as a shop's search understands them: products, options, which one of two.

Nothing is guessed: what fits two things as well is returned as both, so that the customer can be asked.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bench.retail.records import Item

_LETTERS = {"s": "small", "m": "medium", "l": "large", "xs": "extra small", "xl": "extra large"}
_ANYTHING = re.compile(
    r"\b(?:everything|all (?:of )?(?:it|them|items|the items|things)|the (?:whole|entire) order)\b", re.IGNORECASE
)
_EXCEPT = re.compile(r"\b(?:except|but not|other than|apart from)\b", re.IGNORECASE)
_SEVERAL = re.compile(r"\b(?:both|all|two|three|four|2|3)\b", re.IGNORECASE)
_SAME = re.compile(
    r"\b(?:the )?same (?:item|one|thing|product|model|kind)\b|\ban? new one of the same\b", re.IGNORECASE
)
_CHEAP = re.compile(r"\b(?:cheapest|cheaper|least expensive|less expensive|lowest price)\b", re.IGNORECASE)
_DEAR = re.compile(r"\b(?:most expensive|more expensive|dearest|highest price)\b", re.IGNORECASE)
_TO = re.compile(r"\b(?:to|into|for|against)\b|->|→", re.IGNORECASE)
_CLAUSE = re.compile(r"[;\n]+|\.(?=\s|$)|,?\s+and\s+(?=(?:the|my|an?|one|another|item)\b)", re.IGNORECASE)
_PIECE = re.compile(r"[;\n,]+|\.(?=\s|$)|\band\b", re.IGNORECASE)
_THING = re.compile(r"(?:also\s+)?(?:the|my|an?)\s+(?!(?:\S+\s+)?one\b)\w", re.IGNORECASE)
_ITEM_ID = re.compile(r"(?<!\d)\d{10}(?!\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """Things that words stand for."""

    items: tuple[Item, ...] = ()
    unclear: tuple[tuple[Item, ...], ...] = ()
    """Groups of which one was meant, and it isn't said which."""
    unknown: tuple[str, ...] = ()
    """Words for which there is nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One thing to be swapped, and what is said of the new one."""

    old: str
    new: str


def things_meant(words: str, among: Sequence[Item], catalogue: Mapping[str, Sequence[Item]]) -> Meant:
    """Which of these items the words mean. `catalogue` has every variant by product id, for the options there are."""
    if _ANYTHING.search(words):
        kept = _EXCEPT.split(words, maxsplit=1)
        left = things_meant(kept[1], among, catalogue).items if len(kept) > 1 else ()
        return Meant(items=tuple(item for item in among if item not in left))
    items, unclear, unknown = list[Item](), list[tuple[Item, ...]](), list[str]()
    for piece in _pieces(words, among):
        named = _named(piece, among)
        free = [item for item in named if item not in items or among.count(item) > items.count(item)]
        found = _narrowed(piece, free, catalogue)
        if not named:
            unknown.append(piece)
        elif len(found) > 1 and not _is_plural(piece, found) and len({item.item_id for item in found}) > 1:
            unclear.append(tuple(found))
        else:
            items.extend(found if _is_plural(piece, found) else found[:1])
    return Meant(items=tuple(items), unclear=tuple(unclear), unknown=tuple(unknown))


def wishes_in(words: str, among: Sequence[Item]) -> list[Wish]:
    """What is to be swapped for what, one wish for each thing."""
    wishes = list[Wish]()
    for clause in _CLAUSE.split(words):
        if not clause.strip():
            continue
        parts = _TO.split(clause, maxsplit=1)
        if _named(parts[0], among):
            wishes.append(Wish(old=parts[0], new=parts[1] if len(parts) > 1 else clause))
        elif wishes:
            wishes[-1] = Wish(old=wishes[-1].old, new=f"{wishes[-1].new} {clause}")
        else:
            wishes.append(Wish(old=clause, new=clause))
    return wishes


def replacements(words: str, old: Item, variants: Sequence[Item]) -> list[Item]:
    """The variants that the words can mean, of those to be had: as said, and like the old one in all else."""
    to_be_had = [variant for variant in variants if variant.is_available]
    by_id = [variant for variant in to_be_had if variant.item_id in _ITEM_ID.findall(words)]
    if by_id:
        return by_id
    said = options_said(words, variants)
    fitting = [one for one in to_be_had if all(one.options.get(name) == value for name, value in said.items())]
    if _SAME.search(words):
        return [one for one in fitting if one.item_id == old.item_id]
    if _CHEAP.search(words) or _DEAR.search(words):
        return by_price(words, fitting)
    others = [one for one in fitting if one.item_id != old.item_id] if said else []
    most = max((_alike(one, old) for one in others), default=0)
    return [one for one in others if _alike(one, old) == most]


def by_price(words: str, items: Sequence[Item]) -> list[Item]:
    """The cheapest or the most expensive, where the words ask for it; else all."""
    if _CHEAP.search(words) and items:
        return [min(items, key=lambda item: item.price)]
    if _DEAR.search(words) and items:
        return [max(items, key=lambda item: item.price)]
    return list(items)


def options_said(words: str, variants: Sequence[Item]) -> dict[str, str]:
    """Values of the product's options that the words name."""
    values: dict[str, list[str]] = {}
    for variant in variants:
        for name, value in variant.options.items():
            if value not in values.setdefault(name, []):
                values[name].append(value)
    said = dict[str, str]()
    for name, possible in values.items():
        others = {value for other, their in values.items() if other != name for value in their}
        found = [value for value in possible if _says(words, name, value, is_shared=value in others)]
        if found:
            said[name] = max(found, key=len)
    return said


def names_product(words: str, name: str) -> bool:
    """Whether the words have the product's name, or the noun that it ends with."""
    return bool(_name_pattern(name).search(words))


@lru_cache(maxsize=512)
def _name_pattern(name: str) -> re.Pattern[str]:
    words = re.split(r"[\s-]+", name.lower())
    noun = words[-1] if len(words[-1]) > 2 and words[-1] not in ("set", "kit", "reader", "shirt") else ""
    whole = r"[\s-]*".join(_singular(word) + ("(?:s|es)?" if word is words[-1] else "") for word in words)
    either = f"{whole}|{_singular(noun)}(?:s|es)?" if noun else whole
    return re.compile(rf"\b(?:{either})\b", re.IGNORECASE)


def _singular(word: str) -> str:
    if word.endswith("lves"):
        return re.escape(word[:-3])
    return re.escape(word[:-1]) if word.endswith("s") and not word.endswith("ss") else re.escape(word)


def _named(words: str, among: Sequence[Item]) -> list[Item]:
    ids = _ITEM_ID.findall(words)
    if ids:
        by_id = [item for item in among if item.item_id in ids]
        if by_id:
            return by_id
    whole = [item for item in among if re.search(rf"\b{re.escape(item.name)}", words, re.IGNORECASE)]
    return whole or [item for item in among if names_product(words, item.name)]


def _pieces(words: str, among: Sequence[Item]) -> list[str]:
    """The words, cut so that each piece names one thing; what names none tells more about the one beside it."""
    pieces, before = list[str](), ""
    for piece in (raw.strip() for raw in _PIECE.split(words)):
        if _named(piece, among) or _THING.match(piece):
            pieces.append(f"{before} {piece}".strip())
            before = ""
        elif pieces and piece:
            pieces[-1] += f", {piece}"
        else:
            before = f"{before} {piece}".strip()
    return pieces or [before]


def _narrowed(words: str, items: Sequence[Item], catalogue: Mapping[str, Sequence[Item]]) -> list[Item]:
    """Those of which most of what is said is true."""
    scored = [(_true_of(words, item, catalogue.get(item.product_id, (item,))), item) for item in items]
    best = max((score for score, _ in scored), default=0)
    return by_price(words, [item for score, item in scored if score == best])


def _true_of(words: str, item: Item, variants: Sequence[Item]) -> int:
    said = options_said(words, variants)
    return sum(1 if item.options.get(name) == value else -1 for name, value in said.items())


def _is_plural(words: str, items: Sequence[Item]) -> bool:
    if len(items) < 2:
        return False
    name = items[0].name.lower().split()[-1]
    plural = not name.endswith("s") and re.search(rf"\b{re.escape(name)}(?:s|es)\b", words, re.IGNORECASE)
    return bool(_SEVERAL.search(words) or plural)


def _alike(one: Item, other: Item) -> int:
    return sum(one.options.get(name) == value for name, value in other.options.items())


def _says(words: str, name: str, value: str, *, is_shared: bool) -> bool:
    if value in ("yes", "no", "none"):
        return _says_whether(words, name, value)
    pattern = _value_pattern(value)
    is_bare = not is_shared and not re.fullmatch(r"\d+|[a-z]", value, re.IGNORECASE)
    if is_bare and re.search(rf"(?<![\w.]){pattern}(?!\w)", words, re.IGNORECASE):
        return True
    label = _label_pattern(name)
    return bool(
        re.search(
            rf"\b{label}\W+(?:(?:is|of|=)\W+)?{pattern}(?!\w)|(?<![\w.]){pattern}\W{{0,2}}{label}", words, re.IGNORECASE
        )
    )


def _says_whether(words: str, name: str, value: str) -> bool:
    label = _label_pattern(name)
    stated = re.search(rf"\b{label}\W+(?:(?:is|of|=)\W+)?(yes|no|none)\b", words, re.IGNORECASE)
    if stated:
        return stated[1].lower() == value
    denied = re.search(rf"\b(?:not|no|non|without)[\s-]+(?:an?\s+)?{label}", words, re.IGNORECASE)
    if value == "yes":
        return not denied and bool(re.search(rf"\b{label}", words, re.IGNORECASE))
    return bool(denied)


@lru_cache(maxsize=2048)
def _value_pattern(value: str) -> str:
    parts = re.findall(r"\d+(?:\.\d+)?%?|[^\W\d]+|[^\w\s-]", value)
    pattern = r"[\s-]*".join(re.escape(part) for part in parts)
    spelt = _LETTERS.get(value.lower())
    return f"(?:{pattern}|{spelt})" if spelt else pattern


@lru_cache(maxsize=512)
def _label_pattern(name: str) -> str:
    words = re.split(r"[\s-]+", name)
    return r"[\s-]*".join(_singular(word) for word in words) + "(?:s|es)?"
