# ruff: noqa: SIM905 - word lists read better as text
"""Days and times that customers name: as dates, by weekday, or as seen from today."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from frontdesk.text.quantities import Quantity, quantities
from frontdesk.text.quantity_words import NUMBER_WORDS, WEEKDAYS
from frontdesk.turn.acting.heard import Heard


class Day(NamedTuple):
    """A day as it stands in a message: `text[start:end]`."""

    day: date
    start: int
    end: int


class Clock(NamedTuple):
    """A time of day, with where it stands in a message."""

    minutes: int
    """After midnight."""
    start: int
    end: int


_NUMBERS = {
    **{word: int(value) for words in NUMBER_WORDS.values() for word, value in words.items() if value <= 60},
    **dict.fromkeys("a an one un una ein eine einem einer".split(), 1),
    "fuenf": 5,
    "funf": 5,
    "zwoelf": 12,
    "zwolf": 12,
    "couple of": 2,
    "a couple of": 2,
    "par de": 2,
    "ein paar": 3,
}
_COUNT = rf"(?P<count>\d{{1,3}}|{'|'.join(sorted((re.escape(word) for word in _NUMBERS), key=len, reverse=True))})"
_DAY, _WEEK = r"(?:days?|tag(?:e|en)?|dias?)", r"(?:weeks?|wochen?|semanas?)"
_MONTH = r"(?:months?|monat(?:e|en)?|mes(?:es)?)"
_SPAN = rf"(?P<unit>{_DAY}|{_WEEK}|{_MONTH})"
_NAMED = re.compile(
    r"(?<!\w)(?:(?P<before_last>the day before yesterday|day before yesterday|vorgestern|anteayer|antes de ayer)"
    r"|(?P<after_next>the day after tomorrow|day after tomorrow|overmorrow|ue?bermorgen|pasado manana)"
    r"|(?P<yesterday>yesterday|gestern|ayer)"
    r"|(?P<tomorrow>tomorrow|tmrw|tmr|tomorow|tommorrow|tommorow|(?<!guten )(?<!heute )(?<!gestern )morgen(?! (?:frue?h )?um die ohren)"
    r"|(?<!la )(?<!por la )(?<!de la )manana(?: por la (?:manana|tarde|noche))?)"
    r"|(?P<today>today|heute|hoy|tonight|this (?:morning|afternoon|evening)|esta (?:tarde|noche|manana)))(?!\w)"
)
_AHEAD = re.compile(
    rf"(?<!\w)(?:in|within|dentro de|en) {_COUNT} {_SPAN}(?!\w)"
    rf"|(?<!\w){_COUNT.replace('count', 'count2')} {_SPAN.replace('unit', 'unit2')} from (?:now|today)(?!\w)"
)
_AGO = re.compile(
    rf"(?<!\w)(?:{_COUNT} {_SPAN} ago|vor {_COUNT.replace('count', 'count2')} {_SPAN.replace('unit', 'unit2')}"
    rf"|hace {_COUNT.replace('count', 'count3')} {_SPAN.replace('unit', 'unit3')})(?!\w)"
)
_PERIOD = re.compile(
    r"(?<!\w)(?:(?P<week>next week|(?:in der |der |ab )?nae?chste[nr]? woche|(?:la )?semana que viene|(?:la )?proxima semana)"
    r"|(?P<month>next month|(?:im )?nae?chste[nm] monat|(?:el )?mes que viene|(?:el )?proximo mes))(?!\w)"
)
_FOLDED_DAYS = {name.translate(str.maketrans("áéíóú", "aeiou")): number for name, number in WEEKDAYS.items()} | {
    "mon": 1,
    "tue": 2,
    "tues": 2,
    "wed": 3,
    "thu": 4,
    "thur": 4,
    "thurs": 4,
    "fri": 5,
    "sonnabend": 6,
}
_WEEKDAY = re.compile(
    r"(?<!\w)(?:(?P<before>this coming|this|next|last|coming|diese[nrs]?|nae?chste[nrs]?|kommende[nrs]?|letzte[nrs]?|"
    r"vergangene[nrs]?|vorige[nrs]?|este|el proximo|proximo|el pasado|on|am|el) )?"
    rf"(?P<day>{'|'.join(sorted(_FOLDED_DAYS, key=len, reverse=True))})"
    r"(?P<after> (?:que viene|proximo|pasado|next week|in a week|week|nae?chster? woche|in einer woche|der nae?chsten woche"
    r"|de la semana que viene|de la proxima semana|last week|letzter woche|der letzten woche|de la semana pasada))?(?!\w)"
)
_WHOLE_WEEK = re.compile(
    r"(?<!\w)(?P<ahead>a week today|a week from (?:now|today)|heute in einer woche|in einer woche|de hoy en ocho)(?!\w)"
)
_DAY_OF_MONTH = re.compile(
    r"(?<!\w)(?:(?:on |by |until )?the (?P<en>\d{1,2})(?:st|nd|rd|th)|(?:am|zum|bis zum|vom|der|den) (?P<de>\d{1,2})\.(?!\d)"
    r"|el(?: dia)? (?P<es>\d{1,2})(?! de \w)(?!\s*[:.]\d))(?!\w)"
)
_SPOKEN_TIME = re.compile(
    r"(?<!\w)(?:half past (?P<past>\w+)|quarter past (?P<q_past>\w+)|quarter to (?P<q_to>\w+)"
    r"|halb (?P<halb>\w+)|viertel nach (?P<v_nach>\w+)|viertel vor (?P<v_vor>\w+)|dreiviertel (?P<drei>\w+)"
    r"|a las? (?P<es>\w+)(?P<es_half> y (?:media|cuarto)| menos cuarto)?"
    r"|(?:at|um|gegen|around|about|sobre las) (?P<bare>\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
    r"|eins|zwei|drei|vier|fue?nf|sechs|sieben|acht|neun|zehn|elf|zwoe?lf)(?! ?[:.]\d)(?! (?:days?|tage?n?|dias)))(?!\w)"
)
_AFTERNOON = re.compile(
    r"(?<!\w)(?:in the (?:afternoon|evening)|tonight|this (?:afternoon|evening)|p\.? ?m\.?|nachmittags?|abends?|"
    r"(?:de|por) la (?:tarde|noche))(?!\w)"
)
_OFFICE_OPENS = 7
"""An hour named without its half of the day lies between 7 in the morning and 6 in the evening; a guess that fits shops."""


def days(heard: Heard, today: date) -> list[Day]:
    """Every day that is named, in order of place. A date without its year is the one nearest ahead, or within the last half
    year where it lies behind by no more."""
    text = heard.surface.text
    spoken = [*_by_name(text, today), *_by_distance(text, today), *_by_weekday(text, today)]
    spoken += _by_day_of_month(text, today)
    dates = [item for item in quantities(_respelt(heard.text), heard.language) if item.kind == "date"]
    written = [day for item in dates if (day := _written(item, today)) is not None]
    if not spoken and not written:
        spoken += _by_period(text, today)
    return _without_overlaps([*written, *(Day(one.day, *heard.surface.span(one.start, one.end)) for one in spoken)])


def times(heard: Heard) -> list[Clock]:
    """Every time of day that is named, in order of place."""
    text = heard.surface.text
    found = [_clock(item, text) for item in quantities(_respelt(heard.text), heard.language) if item.kind == "time"]
    taken = [(clock.start, clock.end) for clock in found]
    spoken = (Clock(clock.minutes, *heard.surface.span(clock.start, clock.end)) for clock in _spoken_times(text))
    found += [clock for clock in spoken if all(clock.end <= start or end <= clock.start for start, end in taken)]
    return sorted(found, key=lambda clock: clock.start)


def moment(heard: Heard, now: datetime) -> tuple[datetime, int, int] | None:
    """The one moment that is named, with where it stands; None where there is no time, or several.

    A time without a day is the next one to come.
    """
    clocks, named = times(heard), days(heard, now.date())
    if len(clocks) != 1 or len({day.day for day in named}) > 1:
        return None
    clock = clocks[0]
    start, end = min([clock.start, *(day.start for day in named)]), max([clock.end, *(day.end for day in named)])
    day = named[0].day if named else now.date()
    at = datetime(day.year, day.month, day.day, clock.minutes // 60 % 24, clock.minutes % 60, tzinfo=now.tzinfo)
    return (at if named or at > now else at + timedelta(days=1)), start, end


_RESPELT = (
    (re.compile(r"\bmarz\b", re.IGNORECASE), "märz"),
    (re.compile(r"\bmaerz\b", re.IGNORECASE), "märz "),
    (re.compile(r"\bmediodia\b", re.IGNORECASE), "mediodía"),
)


def _respelt(text: str) -> str:
    """With the accents of names of months and hours that people leave out; no letter changes its place."""
    for pattern, spelling in _RESPELT:
        text = pattern.sub(spelling, text)
    return text


def _by_name(text: str, today: date) -> Iterator[Day]:
    offsets = {"before_last": -2, "yesterday": -1, "today": 0, "tomorrow": 1, "after_next": 2}
    for match in _NAMED.finditer(text):
        yield Day(today + timedelta(days=offsets[str(match.lastgroup)]), match.start(), match.end())


def _by_distance(text: str, today: date) -> Iterator[Day]:
    for pattern, sign in ((_AHEAD, 1), (_AGO, -1)):
        for match in pattern.finditer(text):
            groups = match.groupdict()
            count = next(groups[key] for key in ("count", "count2", "count3") if groups.get(key))
            unit = next(groups[key] for key in ("unit", "unit2", "unit3") if groups.get(key))
            number = int(count) if count.isdigit() else _NUMBERS[count]
            if (day := _moved(today, sign * number, unit)) is not None:
                yield Day(day, match.start(), match.end())
    for match in _WHOLE_WEEK.finditer(text):
        yield Day(today + timedelta(days=7), match.start(), match.end())


def _moved(today: date, count: int, unit: str) -> date | None:
    if re.fullmatch(_DAY, unit):
        return today + timedelta(days=count)
    if re.fullmatch(_WEEK, unit):
        return today + timedelta(weeks=count)
    month = today.month - 1 + count
    return _date(today.year + month // 12, month % 12 + 1, min(today.day, 28))


def _by_weekday(text: str, today: date) -> Iterator[Day]:
    """A weekday alone is the next one ahead; `next` before it means the one of next week."""
    for match in _WEEKDAY.finditer(text):
        around = f"{match['before'] or ''}{match['after'] or ''}"
        ahead = (_FOLDED_DAYS[match["day"]] - 1 - today.weekday()) % 7
        if match["day"] in ("mon", "wed", "fri", "thu", "tue") and match["before"] is None and len(text) > 20:
            continue
        if re.search(r"last|letzt|vergangen|vorig|pasad", around):
            ahead = ahead - 7 if ahead else -7
        elif _is_of_next_week(around):
            ahead = 7 - today.weekday() + _FOLDED_DAYS[match["day"]] - 1
        elif "in a week" in around or "in einer woche" in around:
            ahead = (ahead or 7) + 7
        yield Day(today + timedelta(days=ahead or 7), match.start(), match.end())


def _by_period(text: str, today: date) -> Iterator[Day]:
    """The first day of the next week or month, where no day is named."""
    for match in _PERIOD.finditer(text):
        first = today + timedelta(days=7 - today.weekday())
        if match["month"]:
            first = date(today.year + today.month // 12, today.month % 12 + 1, 1)
        yield Day(first, match.start(), match.end())


def _is_of_next_week(around: str) -> bool:
    return (
        re.search(
            r"next week|(?:^|\s)(?:next|nae?chste[nrs]?)\s*$|nae?chster? woche|nae?chsten woche|semana que viene|proxima semana",
            around,
        )
        is not None
    )


def _by_day_of_month(text: str, today: date) -> Iterator[Day]:
    for match in _DAY_OF_MONTH.finditer(text):
        number = int(next(filter(None, match.groups())))
        this = _date(today.year, today.month, number)
        following = _date(today.year + today.month // 12, today.month % 12 + 1, number)
        day = this if this is not None and this >= today else following
        if day is not None:
            yield Day(day, match.start(), match.end())


def _written(item: Quantity, today: date) -> Day | None:
    """A date in digits or with its month; one of a weekday alone is read elsewhere."""
    if item.unit == "weekday":
        return None
    number = int(item.value)
    year, month, day = number // 10000, number // 100 % 100, number % 100
    if not (month and day):
        return None
    found = _date(year, month, day) if year else _nearest(month, day, today)
    return None if found is None else Day(found, item.start, item.end)


def _nearest(month: int, day: int, today: date) -> date | None:
    this = _date(today.year, month, day)
    if this is None or this >= today or (today - this).days <= 183:
        return this
    return _date(today.year + 1, month, day)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _without_overlaps(found: list[Day]) -> list[Day]:
    """The longest of those that overlap, in order of place."""
    kept: list[Day] = []
    for day in sorted(found, key=lambda item: (item.start - item.end, item.start)):
        if all(day.end <= other.start or other.end <= day.start for other in kept):
            kept.append(day)
    return sorted(kept, key=lambda day: day.start)


def _clock(item: Quantity, text: str) -> Clock:
    minutes = int(item.value)
    if item.unit == "12h":
        minutes = _half_of_day(minutes, text)
    return Clock(minutes % 1440, item.start, item.end)


def _half_of_day(minutes: int, text: str) -> int:
    if minutes >= 720:
        return minutes
    return minutes + 720 if _AFTERNOON.search(text) or minutes < _OFFICE_OPENS * 60 else minutes


def _spoken_times(text: str) -> Iterator[Clock]:
    for match in _SPOKEN_TIME.finditer(text):
        kind, word = next((key, value) for key, value in match.groupdict().items() if value and key != "es_half")
        hour = int(word) if word.isdigit() else _NUMBERS.get(word, -1)
        if not 0 <= hour <= 23:
            continue
        minutes = hour * 60 + _past(kind, match["es_half"] or "")
        yield Clock(_half_of_day(minutes, text) if minutes < 720 else minutes, match.start(), match.end())


def _past(kind: str, half: str) -> int:
    if half:
        return {" y media": 30, " y cuarto": 15, " menos cuarto": -15}[half]
    return {"past": 30, "q_past": 15, "q_to": -15, "halb": -30, "v_nach": 15, "v_vor": -15, "drei": -15}.get(kind, 0)
