"""Which of several things a customer means: by its name, by other words for it, by its place, or by what sets it apart."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from frontdesk.domain.connector import Row, Value
from frontdesk.domain.workflow import Slot, WorkflowRun
from frontdesk.text.surface import matching_surface
from frontdesk.text.tokens import is_stopword, stem, words
from frontdesk.text.typos import intended
from frontdesk.turn.acting.dates import days, times
from frontdesk.turn.acting.heard import LANGUAGES, Heard
from frontdesk.workflows.conditions import Facts
from frontdesk.workflows.expressions import ExpressionError
from frontdesk.workflows.templates import Filling, label_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One of the things."""

    value: Value
    names: tuple[str, ...]
    """Each says it completely, as folded text."""
    features: frozenset[str] = frozenset()
    """Stems and figures that it has, and others may have."""
    row: Row = field(default_factory=dict)
    """The record, where it is one."""


_CLOCK = re.compile(r"(\d{1,2}):(\d\d)")
MAX_NAME = 60
"""A longer text of a record describes it, and names nothing."""
_ORDINALS = {
    1: "first|1st|erste[nrs]?|primer[oa]?|1ro|1\\.",
    2: "second|2nd|zweite[nrs]?|segund[oa]|2do|2\\.",
    3: "third|3rd|dritte[nrs]?|tercer[oa]?|3\\.",
    4: "fourth|4th|vierte[nrs]?|cuart[oa]|4\\.",
    5: "fifth|5th|fue?nfte[nrs]?|quint[oa]|5\\.",
    6: "sixth|6th|sechste[nrs]?|sext[oa]|6\\.",
    -1: "last|letzte[nrs]?|ultim[oa]|bottom|unterste[nrs]?",
    -2: "second to last|last but one|vorletzte[nrs]?|penultim[oa]",
}
_ORDINAL = {
    place: re.compile(
        rf"(?<!\w)(?:the |der |die |das |den |el |la |lo )?(?:{names})(?: (?:one|option|please|bitte|por favor))?(?!\w)"
    )
    for place, names in _ORDINALS.items()
}
_PLACE = re.compile(
    r"(?:number|no|nr|nummer|numero|option|opcion|#)?\s*\.?(?P<place>\d{1,2})(?:\)|\.)?(?: (?:please|bitte|por favor))?"
)
_OTHER = re.compile(r"(?<!\w)(?:the other(?: one)?|(?:der|die|das|den) andere[nrs]?|(?:el|la|lo) otr[oa])(?!\w)")
_NEWEST = re.compile(
    r"(?<!\w)(?:newest|latest|most recent|neueste[nrs]?|aktuellste[nrs]?|jue?ngste[nrs]?|mas reciente|mas nuev[oa])(?!\w)"
)
_OLDEST = re.compile(r"(?<!\w)(?:oldest|earliest|ae?lteste[nrs]?|mas antigu[oa]|mas viej[oa])(?!\w)")
_DEAREST = re.compile(
    r"(?<!\w)(?:most expensive|dearest|teuerste[nrs]?|teurere[nrs]?|more expensive|mas car[oa])(?!\w)"
)
_CHEAPEST = re.compile(
    r"(?<!\w)(?:cheapest|cheaper(?: one)?|billigste[nrs]?|billigere[nrs]?|gue?nstig(?:st|er)e[nrs]?|mas barat[oa])(?!\w)"
)
_NOT = re.compile(r"(?<!\w)(?:not|no|nicht|kein\w*|sin|without|ohne)(?: \w+)?\s*$")


def options_of(slot: Slot, run: WorkflowRun | None, now: datetime) -> tuple[Option, ...]:
    """What a choice is made among: the slot's own, or the records of a result."""
    listed = tuple(
        Option(value=choice.value, names=folded((choice.value, *choice.label.values(), *choice.words)))
        for choice in slot.choices
    )
    reading = run.readings.get(slot.choose_from) if slot.choose_from and run is not None else None
    rows = reading.rows if reading is not None else ()
    return (*listed, *(_option(slot, row, now) for row in rows if row.get(slot.choose_by) is not None))


def _option(slot: Slot, row: Row, now: datetime) -> Option:
    texts = [value for value in row.values() if isinstance(value, str)]
    labels = [_label(slot, row, language, now) for language in slot.label]
    key = str(row[slot.choose_by]).lstrip("#")  # which people leave out
    names = folded((key, *labels, *(text for text in texts if 3 < len(text) <= MAX_NAME)))
    return Option(value=row[slot.choose_by], names=names, features=_features(row), row=row)


def _label(slot: Slot, row: Row, language: str, now: datetime) -> str:
    """What its button says."""
    facts = Facts(slots={}, readings={}, definitions={}, at=now)
    try:
        return label_of(slot.label, row, Filling(facts=facts, language=language, default_language=language))
    except ExpressionError:
        return ""


def folded(texts: Sequence[str]) -> tuple[str, ...]:
    """The texts as names: small letters, no accents, single spaces, each once."""
    return tuple(
        dict.fromkeys(" ".join(matching_surface(text.replace("_", " ")).text.split()) for text in texts if text.strip())
    )


def _features(row: Row) -> frozenset[str]:
    found: set[str] = set()
    for value in row.values():
        match value:
            case bool() | None | datetime() | date():
                continue
            case Decimal() | int():
                found.add(_figure(str(value)))
            case str():
                found |= {stem(token.text, language) for language in LANGUAGES for token in words(value)}
    return frozenset(found)


def _figure(text: str) -> str:
    return text.rstrip("0").rstrip(".,") if re.search(r"[.,]", text) else text


def chosen(
    heard: Heard,
    options: Sequence[Option],
    *,
    current: Value = None,
    is_asked: bool,
    today: date | None = None,
) -> Option | None:
    """The one option that is meant; None where it is none, or more than one.

    Args:
        current: what was chosen so far, for "the other one".
        is_asked: whether this is the answer to the question; only then a mere place such as "2" counts.
        today: for records that are told apart by a day.
    """
    if not options:
        return None
    by_name = named(heard, options if is_asked else [_by_key(option) for option in options])
    if by_name:
        return by_name[0] if len(by_name) == 1 else None
    if _OTHER.search(heard.folded) and len(options) == 2 and current is not None:
        return next((option for option in options if option.value != current), None)
    if is_asked and (placed := _placed(heard, options)) is not None:
        return placed
    if not is_asked:
        return None
    of_day = _dated(heard, options, today) if today is not None else []
    by_feature = of_day if len(of_day) == 1 else _featured(heard, of_day or options)
    return by_feature[0] if len(by_feature) == 1 else None


def _dated(heard: Heard, options: Sequence[Option], today: date) -> list[Option]:
    """The records of a day that is named, at the hour that is named; none where no day and no hour tells them apart."""
    wanted, hours = {day.day for day in days(heard, today)}, {clock.minutes for clock in times(heard)}
    if not wanted and not hours:
        return []
    return [
        option
        for option in options
        if (not wanted or wanted & set(_days_of(option.row))) and (not hours or hours & set(_minutes_of(option.row)))
    ]


def _days_of(row: Row) -> Iterator[date]:
    for value in row.values():
        if isinstance(value, date):
            yield value.date() if isinstance(value, datetime) else value


def _minutes_of(row: Row) -> Iterator[int]:
    for value in row.values():
        if isinstance(value, datetime):
            yield value.hour * 60 + value.minute
        elif isinstance(value, str) and (clock := _CLOCK.fullmatch(value)):
            yield int(clock[1]) * 60 + int(clock[2])


def _by_key(option: Option) -> Option:
    """A record goes by its key alone while another thing is asked for: what else stands in it may be the answer to that."""
    return option if not option.row else replace(option, names=option.names[:1])


def named(heard: Heard, options: Sequence[Option]) -> list[Option]:
    """Those whose name is said and not refused; a longer name beats one that is part of it."""
    text = heard.folded.replace("_", " ")
    hits = [
        (match.start(), match.end(), option)
        for option in options
        for name in option.names
        for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text)
        if not _NOT.search(text[: match.start()])
    ]
    best = [
        hit
        for hit in hits
        if not any(o[0] <= hit[0] and hit[1] <= o[1] and (o[1] - o[0]) > (hit[1] - hit[0]) for o in hits)
    ]
    found = {id(option): option for _, _, option in best}
    return list(found.values()) or _misspelt(heard, options)


def _misspelt(heard: Heard, options: Sequence[Option]) -> list[Option]:
    """Those of one word that a slip turned into one of the message's."""
    said = {token.text.casefold() for token in heard.words}
    meant = {other for word in said for other in intended(word)} if len(said) <= 8 else set()
    return [option for option in options if any(name in meant and len(name) > 3 for name in option.names)]


def _placed(heard: Heard, options: Sequence[Option]) -> Option | None:
    text = " ".join(heard.clauses)
    if match := _PLACE.fullmatch(text):
        place = int(match["place"])
        return options[place - 1] if 1 <= place <= len(options) else None
    places = [place for place, pattern in _ORDINAL.items() if pattern.search(text)]
    if len(places) == 2 and -2 in places:  # "second to last"
        places = [-2]
    if len(places) == 1 and (1 <= places[0] <= len(options) or -len(options) <= places[0] < 0):
        return options[places[0] - 1 if places[0] > 0 else places[0]]
    return _extreme(text, options)


def _extreme(text: str, options: Sequence[Option]) -> Option | None:
    for pattern, kinds, is_most in (
        (_NEWEST, (date, datetime), True),
        (_OLDEST, (date, datetime), False),
        (_DEAREST, (Decimal,), True),
        (_CHEAPEST, (Decimal,), False),
    ):
        if pattern.search(text):
            return _most(options, kinds, is_most=is_most)
    return None


def _most(options: Sequence[Option], kinds: tuple[type, ...], *, is_most: bool) -> Option | None:
    """By the first field of the kind that all records have; None where two are alike."""
    names = [name for name in options[0].row if all(isinstance(option.row.get(name), kinds) for option in options)]
    if not names:
        return None
    values: list[Any] = [option.row[names[0]] for option in options]
    best = max(values) if is_most else min(values)
    return options[values.index(best)] if values.count(best) == 1 else None


def _featured(heard: Heard, options: Sequence[Option]) -> list[Option]:
    """Those that have most of the words said which set options apart; none where no word does."""
    apart = _apart(options)
    said = [_stems(token.text) for token in heard.words if not is_stopword(token.text, heard.language)]
    counts = [sum(not stems.isdisjoint(option.features & apart) for stems in said) for option in options]
    most = max(counts)
    return [option for option, count in zip(options, counts, strict=True) if count == most] if most else []


def _stems(word: str) -> frozenset[str]:
    return frozenset((_figure(word), *(stem(word, language) for language in LANGUAGES)))


def _apart(options: Sequence[Option]) -> frozenset[str]:
    every = [option.features for option in options]
    common = frozenset.intersection(*every) if every else frozenset[str]()
    return frozenset().union(*every) - common
