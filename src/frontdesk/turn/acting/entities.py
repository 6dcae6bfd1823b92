"""What a message says of a slot, by the slot's type."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from frontdesk.domain.connector import Value
from frontdesk.domain.workflow import Slot, SlotType
from frontdesk.text.quantities import quantities
from frontdesk.turn.acting.choices import Option, chosen
from frontdesk.turn.acting.dates import days, moment
from frontdesk.turn.acting.heard import Heard
from frontdesk.turn.acting.identifiers import Identifier, identifiers
from frontdesk.turn.acting.signals import is_plain_no, is_plain_yes

Doubt = Literal["not_understood", "too_small", "too_large", "too_early", "too_late", "unknown_choice", "too_long"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A value, and the customer's words for it."""

    value: Value
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubtful:
    """Words that were meant for the slot and give no value."""

    why: Doubt
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A slot, and what is known when it is read."""

    slot: Slot
    now: datetime
    """Aware, in the zone of the business."""
    options: Sequence[Option] = ()
    current: Value = None
    is_asked: bool = False
    """Whether the message answers the slot's question."""


_EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}", re.IGNORECASE)
_SPELT_EMAIL = re.compile(
    r"([\w.+%-]+)\s*(?:\(at\)|\[at\]|\s(?:at|arroba|aett|ät)\s)\s*([\w-]+)\s*(?:\(dot\)|\[dot\]|\s(?:dot|punkt|punto)\s|\.)\s*([a-z]{2,})\b",
    re.IGNORECASE,
)
_CALLED = (
    r"(?:new |right |correct |full |neue |richtige |nueva |correcta )?(?:address|number|name|e-?mail|code|answer|reason|street|postcode|city|company"
    r"|adresse|nummer|straße|postleitzahl|stadt|firma|grund|dirección|número|nombre|calle|ciudad|empresa|motivo|correo|\w+nummer|\w+adresse)"
)
_LEAD_IN = re.compile(
    r"^(?:(?:sure|ok|okay|yes|ja|sí|si|claro|well|also|so|um+|uh+|äh+|no|nein)[,.:]?\s+)*"
    rf"(?:(?:it is|it's|its|that is|that's|this is|(?:the|my) {_CALLED} is|i am|i'm|i mean|i meant|make it|"
    rf"es ist|das ist|(?:mein\w*|der|die|das) {_CALLED} (?:ist|lautet)|ich bin|ich meinte?|ich heiße|"
    rf"(?:el|la|mi) {_CALLED} es|es el|es la|es|soy|me llamo|quiero decir|quise decir|quería decir)\s*:?\s+)?",
    re.IGNORECASE,
)
"""Words before a text that are not part of it."""
_ADDED = re.compile(r"[\s,]*(?:please|thanks|thank you|bitte|danke|por favor|gracias)?[\s.!]*$", re.IGNORECASE)
_CODE = re.compile(r"(?=.*[A-Za-z])(?=(?:\D*\d){4})[A-Za-z0-9][A-Za-z0-9\-_/.]*")
"""Letters and at least four digits."""
_NO_IDENTIFIERS = frozenset({"money", "date", "time", "percent", "duration", "measure"})
_DENIED = re.compile(
    r"(?<!\w)(?:not|isn't|instead of|rather than|nicht|statt|anstatt|no|en vez de|en lugar de)\s+(?:the |der |die |das |el |la |#)?$",
    re.IGNORECASE,
)


def read_slot(heard: Heard, question: Question) -> Told | Doubtful | None:
    """What the message says of the slot; None where it says nothing of it."""
    return _READERS[question.slot.type](heard, question)


def _one(told: Sequence[Told]) -> Told | Doubtful | None:
    """The only value; several different ones are a doubt."""
    if len({item.value for item in told}) > 1:
        return Doubtful(why="not_understood", said=" / ".join(item.said for item in told)[:200])
    return told[0] if told else None


def _is_denied(text: str, start: int) -> bool:
    return _DENIED.search(text[:start]) is not None


def _asserted(spans: Sequence[tuple[Value, int, int]], text: str) -> list[Told]:
    """Those that are not named only to be refused, as in "not 4711 but 4712"."""
    kept = [item for item in spans if not _is_denied(text, item[1])]
    return [Told(value=value, said=text[start:end]) for value, start, end in kept or spans]


def _read_id(heard: Heard, question: Question) -> Told | Doubtful | None:
    slot = question.slot
    if question.options and isinstance(picked := _read_choice(heard, question), Told):
        return picked
    found = identifiers(heard.text, slot.pattern, slot.examples)
    if not slot.pattern:
        found = _likely(found, heard, is_asked=question.is_asked)
    return _one(_asserted([(item.value, item.start, item.end) for item in found], heard.text))


def _likely(found: Sequence[Identifier], heard: Heard, *, is_asked: bool) -> list[Identifier]:
    """Those that look like an identifier, where no pattern says how one looks: no amount, date or time, and where it was
    not asked for, one with letters or with a word such as "number" before it."""
    taken = [item for item in quantities(heard.text, heard.language) if item.kind in _NO_IDENTIFIERS]
    free = [item for item in found if all(item.end <= one.start or one.end <= item.start for one in taken)]
    if is_asked:
        return free
    return [item for item in free if item.is_named or _CODE.fullmatch(item.value)]


def _read_email(heard: Heard, question: Question) -> Told | Doubtful | None:
    spans: list[tuple[Value, int, int]] = [
        (_email(match.group()), *match.span()) for match in _EMAIL.finditer(heard.unmasked)
    ]
    if not spans and question.is_asked:
        spans = [(_email(f"{m[1]}@{m[2]}.{m[3]}"), *m.span()) for m in _SPELT_EMAIL.finditer(heard.unmasked)]
    return _one(_asserted(spans, heard.unmasked))


def _email(written: str) -> str:
    name, _, host = written.strip(".").rpartition("@")
    return f"{name}@{host.lower()}"


def _read_number(heard: Heard, question: Question) -> Told | Doubtful | None:
    kinds = ("number", "measure", "duration", "percent") if question.is_asked else ("number",)
    spans: list[tuple[Value, int, int]] = [
        (_whole(item.value), item.start, item.end)
        for item in quantities(heard.text, heard.language)
        if item.kind in kinds
    ]
    if (
        not spans
        and question.is_asked
        and (
            match := re.fullmatch(
                r"(?:just |only |nur |solo )?(one|a|an|uno|una|un|eins|eine[nrs]?|ein)(?: .{0,20})?",
                heard.folded.strip(" .!"),
            )
        )
    ):
        spans = [(1, match.start(1), match.end(1))]
    return _bounded(_one(_asserted(spans, heard.text)), question.slot)


def _whole(value: float) -> Value:
    return int(value) if value.is_integer() else Decimal(str(value))


def _read_money(heard: Heard, question: Question) -> Told | Doubtful | None:
    found = quantities(heard.text, heard.language)
    priced = [item for item in found if item.kind == "money" and item.unit != "cent"]
    if not priced and question.is_asked:
        priced = [item for item in found if item.kind == "number"]
    spans: list[tuple[Value, int, int]] = [
        (Decimal(str(round(item.value, 2))), item.start, item.end) for item in priced
    ]
    return _bounded(_one(_asserted(spans, heard.text)), question.slot)


def _bounded(told: Told | Doubtful | None, slot: Slot) -> Told | Doubtful | None:
    if not isinstance(told, Told) or not isinstance(told.value, int | Decimal):
        return told
    if slot.minimum is not None and told.value < slot.minimum:
        return Doubtful(why="too_small", said=told.said)
    if slot.maximum is not None and told.value > slot.maximum:
        return Doubtful(why="too_large", said=told.said)
    return told


def _read_date(heard: Heard, question: Question) -> Told | Doubtful | None:
    today = question.now.date()
    text = heard.text
    told = _one(_asserted([(day.day, day.start, day.end) for day in days(heard, today)], text))
    return _within(told, question.slot, today) if isinstance(told, Told) else told


def _read_time(heard: Heard, question: Question) -> Told | Doubtful | None:
    found = moment(heard, question.now)
    if found is None:
        return None
    at, start, end = found
    return _within(Told(value=at, said=heard.text[start:end]), question.slot, question.now.date())


def _within(told: Told, slot: Slot, today: date) -> Told | Doubtful:
    value = told.value
    day = value.date() if isinstance(value, datetime) else value
    if not isinstance(day, date):
        return told
    if slot.not_before_days is not None and day < today + timedelta(days=slot.not_before_days):
        return Doubtful(why="too_early", said=told.said)
    if slot.not_after_days is not None and day > today + timedelta(days=slot.not_after_days):
        return Doubtful(why="too_late", said=told.said)
    return told


def _read_yes_no(heard: Heard, question: Question) -> Told | Doubtful | None:
    if not question.is_asked:
        return None
    if is_plain_yes(heard):
        return Told(value=True, said=heard.text)
    return Told(value=False, said=heard.text) if is_plain_no(heard) else None


def _read_choice(heard: Heard, question: Question) -> Told | Doubtful | None:
    option = chosen(
        heard, question.options, current=question.current, is_asked=question.is_asked, today=question.now.date()
    )
    return Told(value=option.value, said=heard.text) if option is not None else None


def _read_text(heard: Heard, question: Question) -> Told | Doubtful | None:
    slot = question.slot
    text = heard.unmasked if slot.pattern else heard.text
    said = _ADDED.sub("", _LEAD_IN.sub("", text.strip(), count=1)).strip()
    if slot.pattern:
        whole = re.compile(slot.pattern, re.IGNORECASE)
        if whole.fullmatch(said):
            return Told(value=said, said=said)
        part = slot.pattern.removeprefix("^").removesuffix("$")
        inside = [match.group() for match in re.finditer(rf"(?<!\w)(?:{part})(?!\w)", text, re.IGNORECASE)]
        return _one([Told(value=value, said=value) for value in inside if value])
    if not question.is_asked or not any(character.isalnum() for character in said):
        return None
    return Doubtful(why="too_long", said=said[:200]) if len(said) > slot.max_chars else Told(value=said, said=said)


_READERS: Mapping[SlotType, Callable[[Heard, Question], Told | Doubtful | None]] = {
    "text": _read_text,
    "id": _read_id,
    "email": _read_email,
    "number": _read_number,
    "money": _read_money,
    "date": _read_date,
    "time": _read_time,
    "yes_no": _read_yes_no,
    "choice": _read_choice,
}
