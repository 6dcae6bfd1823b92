from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from frontdesk.turn.acting.dates import days, moment, times
from frontdesk.turn.acting.heard import Heard

TODAY = date(2026, 11, 25)
"""A Wednesday."""
NOW = datetime(2026, 11, 25, 14, 0, tzinfo=ZoneInfo("Europe/Berlin"))


def day(number: int, month: int = 11, year: int = 2026) -> date:
    return date(year, month, number)


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "today", day(25)),
        ("en", "tomorrow please", day(26)),
        ("en", "tommorow", day(26)),
        ("en", "the day after tomorrow", day(27)),
        ("en", "it was yesterday", day(24)),
        ("en", "the day before yesterday", day(23)),
        ("en", "on Friday", day(27)),
        ("en", "Wednesday", day(2, 12)),
        ("en", "this coming Saturday", day(28)),
        ("en", "next Friday", day(4, 12)),
        ("en", "Friday next week", day(4, 12)),
        ("en", "last Monday", day(23)),
        ("en", "last Wednesday", day(18)),
        ("en", "in 3 days", day(28)),
        ("en", "in three weeks", day(16, 12)),
        ("en", "in a week", day(2, 12)),
        ("en", "two days from now", day(27)),
        ("en", "5 days ago", day(20)),
        ("en", "two weeks ago", day(11)),
        ("en", "a month ago", day(25, 10)),
        ("en", "December 3rd", day(3, 12)),
        ("en", "3 December 2026", day(3, 12)),
        ("en", "the 30th", day(30)),
        ("en", "on the 3rd", day(3, 12)),
        ("en", "2026-12-24", day(24, 12)),
        ("en", "12/24/2026", day(24, 12)),
        ("en", "24.12.2026", day(24, 12)),
        ("en", "January 5", day(5, 1, 2027)),
        ("en", "October 5", day(5, 10)),
        ("en", "from next week on", day(30)),
        ("en", "sometime next month", day(1, 12)),
        ("de", "ab nächster Woche", day(30)),
        ("de", "nächsten Monat", day(1, 12)),
        ("es", "la semana que viene", day(30)),
        ("es", "el mes que viene", day(1, 12)),
        ("de", "heute", day(25)),
        ("de", "morgen", day(26)),
        ("de", "Morgen früh", day(26)),
        ("de", "übermorgen", day(27)),
        ("de", "uebermorgen", day(27)),
        ("de", "gestern", day(24)),
        ("de", "vorgestern", day(23)),
        ("de", "am Freitag", day(27)),
        ("de", "am Mittwoch", day(2, 12)),
        ("de", "nächsten Freitag", day(4, 12)),
        ("de", "naechsten Freitag", day(4, 12)),
        ("de", "Freitag nächster Woche", day(4, 12)),
        ("de", "kommenden Samstag", day(28)),
        ("de", "letzten Montag", day(23)),
        ("de", "in 3 Tagen", day(28)),
        ("de", "in drei Wochen", day(16, 12)),
        ("de", "in einer Woche", day(2, 12)),
        ("de", "vor zwei Wochen", day(11)),
        ("de", "vor 5 Tagen", day(20)),
        ("de", "am 3. Dezember", day(3, 12)),
        ("de", "am 30.", day(30)),
        ("de", "zum 3.", day(3, 12)),
        ("de", "24.12.", day(24, 12)),
        ("de", "24.12.2026", day(24, 12)),
        ("de", "am 3. März", day(3, 3, 2027)),
        ("de", "3. Maerz", day(3, 3, 2027)),
        ("de", "5. Januar", day(5, 1, 2027)),
        ("es", "hoy", day(25)),
        ("es", "mañana", day(26)),
        ("es", "manana por la tarde", day(26)),
        ("es", "mañana por la mañana", day(26)),
        ("es", "pasado mañana", day(27)),
        ("es", "ayer", day(24)),
        ("es", "anteayer", day(23)),
        ("es", "el viernes", day(27)),
        ("es", "el miércoles", day(2, 12)),
        ("es", "el viernes que viene", day(27)),
        ("es", "el viernes de la semana que viene", day(4, 12)),
        ("es", "el lunes pasado", day(23)),
        ("es", "dentro de 3 días", day(28)),
        ("es", "en dos semanas", day(9, 12)),
        ("es", "hace dos semanas", day(11)),
        ("es", "hace 5 días", day(20)),
        ("es", "el 3 de diciembre", day(3, 12)),
        ("es", "el día 30", day(30)),
        ("es", "el 30", day(30)),
        ("es", "24/12/2026", day(24, 12)),
        ("es", "5 de enero", day(5, 1, 2027)),
    ],
)
def test_a_day_is_seen_from_the_conversations_own_today(language: str, text: str, expected: date) -> None:
    assert [found.day for found in days(Heard(text, language), TODAY)] == [expected]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "I may come along"),
        ("en", "my order HP-448120"),
        ("en", "31 February 2026"),
        ("en", "good morning"),
        ("de", "guten Morgen"),
        ("de", "32.13.2026"),
        ("es", "por la mañana"),
        ("es", "el número 448120"),
        ("en", "the second one"),
        ("en", "in 40 minutes"),
    ],
)
def test_other_words_and_numbers_name_no_day(language: str, text: str) -> None:
    assert days(Heard(text, language), TODAY) == []


@pytest.mark.parametrize("offset", range(14))
def test_a_weekday_is_always_the_next_one_ahead(offset: int) -> None:
    today = TODAY + timedelta(days=offset)
    for place, words in enumerate((("Monday", "en"), ("Dienstag", "de"), ("miércoles", "es"))):
        (found,) = days(Heard(*words), today)
        assert found.day.weekday() == place
        assert 1 <= (found.day - today).days <= 7


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "3pm", 15 * 60),
        ("en", "at 3", 15 * 60),
        ("en", "at 10", 10 * 60),
        ("en", "10:30", 10 * 60 + 30),
        ("en", "half past two", 14 * 60 + 30),
        ("en", "a quarter to nine", 8 * 60 + 45),
        ("en", "at noon", 12 * 60),
        ("en", "8 o'clock in the evening", 20 * 60),
        ("de", "15 Uhr", 15 * 60),
        ("de", "um 9", 9 * 60),
        ("de", "um halb drei", 14 * 60 + 30),
        ("de", "viertel nach zehn", 10 * 60 + 15),
        ("de", "14:45 Uhr", 14 * 60 + 45),
        ("de", "um zwölf", 12 * 60),
        ("es", "a las 10", 10 * 60),
        ("es", "a las tres y media", 15 * 60 + 30),
        ("es", "a las cinco menos cuarto", 16 * 60 + 45),
        ("es", "a las 17:30", 17 * 60 + 30),
        ("es", "mediodía", 12 * 60),
        ("es", "mediodia", 12 * 60),
    ],
)
def test_a_time_of_day_is_read_as_it_is_spoken(language: str, text: str, expected: int) -> None:
    assert [clock.minutes for clock in times(Heard(text, language))] == [expected]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "tomorrow at 3pm", (26, 15, 0)),
        ("en", "Friday 10:30", (27, 10, 30)),
        ("en", "at 4pm", (25, 16, 0)),
        ("en", "at 9 am", (26, 9, 0)),
        ("de", "übermorgen um halb elf", (27, 10, 30)),
        ("de", "am 30.11. um 14 Uhr", (30, 14, 0)),
        ("es", "mañana a las 10", (26, 10, 0)),
        ("es", "el viernes a las cuatro y media", (27, 16, 30)),
    ],
)
def test_a_moment_is_a_day_and_a_time_in_the_business_own_zone(
    language: str, text: str, expected: tuple[int, int, int]
) -> None:
    found = moment(Heard(text, language), NOW)
    assert found is not None
    at = found[0]
    assert (at.day, at.hour, at.minute) == expected
    assert at.tzinfo == NOW.tzinfo


@pytest.mark.parametrize("text", ["tomorrow", "Friday or Saturday at 3pm", "at 3pm or at 4pm", "in the morning"])
def test_what_leaves_the_moment_open_is_no_moment(text: str) -> None:
    assert moment(Heard(text, "en"), NOW) is None
