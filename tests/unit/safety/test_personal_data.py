"""Personal data is found by its check digits and its context, and everyday numbers are left alone."""

import pytest

from frontdesk.safety import ContactData, Detector, NationalIds, PaymentNumbers, without_overlaps

DETECTORS: tuple[Detector, ...] = (ContactData(), PaymentNumbers(), NationalIds())


def found_in(text: str) -> list[tuple[str, str]]:
    findings = without_overlaps(finding for detector in DETECTORS for finding in detector.find(text))
    return [(finding.rule, text[finding.start : finding.end]) for finding in findings]


@pytest.mark.parametrize(
    ("text", "rule", "value"),
    [
        ("my card is 4111 1111 1111 1111, thanks", "payment_card", "4111 1111 1111 1111"),
        ("Karte: 5555-5555-5555-4444.", "payment_card", "5555-5555-5555-4444"),
        ("tarjeta 378282246310005 caducada", "payment_card", "378282246310005"),
        ("order 1 4111 1111 1111 1111 2", "payment_card", "4111 1111 1111 1111"),
        ("6011111111111117", "payment_card", "6011111111111117"),
        ("credit card 4111 1111 1111 1112 (mistyped)", "payment_card", "4111 1111 1111 1112"),
        ("pay to DE89 3704 0044 0532 0130 00 and then", "iban", "DE89 3704 0044 0532 0130 00"),
        ("iban gb82west12345698765432!", "iban", "gb82west12345698765432"),
        ("IBAN ES91 2100 0418 4502 0005 1333", "iban", "ES91 2100 0418 4502 0005 1333"),
        ("write to jane.doe+x@mail.example.co.uk.", "email", "jane.doe+x@mail.example.co.uk"),
        ("jane (at) example (dot) com", "email", "jane (at) example (dot) com"),
        ("jane at example dot com", "email", "jane at example dot com"),
        ("call me on +49 30 901820", "phone", "+49 30 901820"),
        ("(415) 555-2671", "phone", "(415) 555-2671"),
        ("ruf mich an: 0151 23456789", "phone", "0151 23456789"),
        ("mi teléfono es 612 345 678", "phone", "612 345 678"),
        ("I was born on 12 May 1984", "date_of_birth", "12 May 1984"),
        ("geboren am 12.05.1984 in Kiel", "date_of_birth", "12.05.1984"),
        ("nací el 3 de mayo de 1990", "date_of_birth", "3 de mayo de 1990"),
        ("passport number C01X00T47", "passport", "C01X00T47"),
        ("from 203.0.113.7 today", "ip_address", "203.0.113.7"),
        ("host 2001:db8::1 is down", "ip_address", "2001:db8::1"),
        ("DNI 12345678Z", "dni_es", "12345678Z"),
        ("NIE X1234567L", "dni_es", "X1234567L"),
        ("meine Steuer-ID ist 86 095 742 719", "tax_id_de", "86 095 742 719"),
        ("ssn 078-05-1120", "ssn_us", "078-05-1120"),
        ("NI number AB 12 34 56 C", "nino_gb", "AB 12 34 56 C"),
        ("1 85 05 78 006 084 91", "nir_fr", "1 85 05 78 006 084 91"),
        ("codice fiscale RSSMRA85T10A562S", "codice_fiscale_it", "RSSMRA85T10A562S"),
        ("BSN 111222333", "bsn_nl", "111222333"),
        ("PESEL 44051401359", "pesel_pl", "44051401359"),
    ],
)
def test_finds_personal_data(text: str, rule: str, value: str) -> None:
    assert (rule, value) in found_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "order number 4111111111111111",
        "tracking 00340434161094042557",
        "logged at 1700000000000 and 1700000000123",
        "order HP-2030-004711 of 2030-05-04, 12.05.2030",
        "ISBN 978-3-16-148410-0",
        "EAN 4006381333931",
        "it costs 1.299,00 EUR or 1,299.00 USD, 3 for 2",
        "open 9:00-17:00, Monday to Friday",
        "size 42 2/3, waist 30-32, 2000 mm water column",
        "firmware version 1.2.3.4",
        "the tent was released on 12 May 2028",
        "a passport is needed at the border",
        "DE12 is a road, GB82 a plane",
        "123456789 is the article number",
        "part 666-12-3456",
        "12345678A",
        "300,000 to 400,000 steps",
        "the ratio is 10:30:15",
        "see you @ the shop",
        "item 0815 4711, 2 x 500 ml",
    ],
)
def test_leaves_everyday_numbers_alone(text: str) -> None:
    assert found_in(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "1" * 8_000,
        "1 " * 4_000,
        "0-" * 4_000,
        "a@" * 4_000,
        "a." * 4_000,
        "DE89 " * 1_600,
        "(" * 8_000,
        "a at " * 1_600,
    ],
)
def test_no_text_makes_it_slow(text: str) -> None:
    import time  # noqa: PLC0415

    started = time.perf_counter()
    found_in(text)
    assert time.perf_counter() - started < 0.25
