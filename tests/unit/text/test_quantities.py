import pytest

from frontdesk.text.quantities import quantities


def amounts(text: str, language: str = "en") -> list[tuple[str, float, str]]:
    return [(quantity.kind, quantity.value, quantity.unit) for quantity in quantities(text, language)]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("It costs $4.99", "en", ("money", 4.99, "USD")),
        ("EUR 1,299.50 in total", "en", ("money", 1299.5, "EUR")),
        ("twenty-five euros", "en", ("money", 25, "EUR")),
        ("kostet 1.299,00 €", "de", ("money", 1299, "EUR")),
        ("cuesta 4,99 €", "es", ("money", 4.99, "EUR")),
        ("treinta y cinco euros", "es", ("money", 35, "EUR")),
        ("CHF 1’200.-", "de", ("money", 1200, "CHF")),
        ("20 % off", "en", ("percent", 20, "%")),
        ("fünfundzwanzig Prozent", "de", ("percent", 25, "%")),
        ("20 por ciento", "es", ("percent", 20, "%")),
        ("within 30 days", "en", ("duration", 30, "day")),
        ("within 30 working days", "en", ("duration", 30, "business_day")),
        ("a 30-day trial", "en", ("duration", 30, "day")),
        ("one year", "en", ("duration", 1, "year")),
        ("in 14 Werktagen", "de", ("duration", 14, "business_day")),
        ("vierzehn Tage", "de", ("duration", 14, "day")),
        ("3 días hábiles", "es", ("duration", 3, "business_day")),
        ("two hundred and fifty grams", "en", ("measure", 250, "g")),
        ("10kg", "en", ("measure", 10, "kg")),
        ("3,5 kg", "de", ("measure", 3.5, "kg")),
        ("-5 degrees", "en", ("measure", -5, "degree")),
        ("at 3:30pm", "en", ("time", 930, "")),
        ("at 9 p.m. sharp", "en", ("time", 1260, "")),
        ("at 9:00", "en", ("time", 540, "12h")),
        ("um 15 Uhr", "de", ("time", 900, "")),
        ("a las 15:30 horas", "es", ("time", 930, "")),
        ("at noon", "en", ("time", 720, "")),
        ("on 3 March 2024", "en", ("date", 20240303, "")),
        ("on March 3rd", "en", ("date", 303, "")),
        ("in March 2025", "en", ("date", 20250300, "")),
        ("2024-03-03", "en", ("date", 20240303, "")),
        ("03/04/2024", "en", ("date", 20240304, "")),
        ("03.04.2024", "de", ("date", 20240403, "")),
        ("am 3. März", "de", ("date", 303, "")),
        ("el 3 de marzo de 2024", "es", ("date", 20240303, "")),
        ("every Tuesday", "en", ("date", 2, "weekday")),
        ("jueves", "es", ("date", 4, "weekday")),
        ("3 pets", "en", ("number", 3, "")),
        ("1,500 points", "en", ("number", 1500, "")),
        ("1.500 Punkte", "de", ("number", 1500, "")),
        ("three hundred thousand points", "en", ("number", 300_000, "")),
    ],
)
def test_reads_one_amount(text: str, language: str, expected: tuple[str, float, str]) -> None:
    assert amounts(text, language) == [expected]


def test_the_first_number_of_a_range_takes_the_unit_of_the_second() -> None:
    assert amounts("in 2-3 days, 5 to 10 EUR") == [
        ("duration", 2, "day"),
        ("duration", 3, "day"),
        ("money", 5, "EUR"),
        ("money", 10, "EUR"),
    ]
    assert amounts("open 7-10 am") == [("time", 420, ""), ("time", 600, "")]


@pytest.mark.parametrize(
    "text", ["one of these", "order A123", "you may return them", "a pair of boots", "on the march"]
)
def test_what_is_no_amount_gives_none(text: str) -> None:
    assert amounts(text) == []


def test_each_side_of_a_size_is_read() -> None:
    assert amounts("a basket of 85x60x40cm") == [("number", 85, ""), ("number", 60, ""), ("measure", 40, "cm")]
