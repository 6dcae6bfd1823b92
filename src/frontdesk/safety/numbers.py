"""Check digits: payment cards, bank accounts, national ids. Pure arithmetic on cleaned digits."""

IBAN_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI FO GL NL",
        19: "MK SI",
        20: "AT BA EE KZ LT LU XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST",
        26: "IS TR",
        27: "FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HU LB PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU",
        31: "MT SC",
        32: "LC",
    }.items()
    for country in countries.split()
}
"""Characters per country, from the IBAN registry."""

_CARD_BRANDS: tuple[tuple[int, int, int, frozenset[int]], ...] = (
    # digits of the prefix, first, last, lengths (ISO/IEC 7812 issuer ranges)
    (1, 4, 4, frozenset({13, 16, 19})),
    (2, 51, 55, frozenset({16})),
    (4, 2221, 2720, frozenset({16})),
    (2, 34, 34, frozenset({15})),
    (2, 37, 37, frozenset({15})),
    (4, 3528, 3589, frozenset({16, 17, 18, 19})),
    (3, 300, 305, frozenset({14})),
    (2, 36, 36, frozenset({14})),
    (2, 38, 39, frozenset({14})),
    (4, 6011, 6011, frozenset({16, 19})),
    (3, 644, 649, frozenset({16, 19})),
    (2, 65, 65, frozenset({16, 19})),
    (2, 62, 62, frozenset({16, 17, 18, 19})),
    (2, 50, 50, frozenset(range(12, 20))),
    (2, 56, 58, frozenset(range(12, 20))),
    (2, 60, 69, frozenset(range(12, 20))),
    (4, 1800, 1800, frozenset({15})),
    (4, 2131, 2131, frozenset({15})),
)
_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_FISCAL_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)


def passes_luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B."""
    total = 0
    for index, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + index % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_card_number(digits: str) -> bool:
    """Whether an issuer gives out numbers that start like this and are this long; the check digit is not looked at."""
    return any(
        low <= int(digits[:size]) <= high and len(digits) in lengths for size, low, high, lengths in _CARD_BRANDS
    )


def passes_iban(iban: str) -> bool:
    """ISO 13616: mod 97 is 1 once the first four characters stand at the end."""
    turned = iban[4:] + iban[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1


def passes_dni(number: str) -> bool:
    """Spanish DNI (8 digits, letter) or NIE (X, Y or Z, 7 digits, letter)."""
    digits = str("XYZ".find(number[0])) + number[1:-1] if number[0] in "XYZ" else number[:-1]
    return _DNI_LETTERS[int(digits) % 23] == number[-1]


def passes_tax_id_de(digits: str) -> bool:
    """German Steuer-ID: ISO 7064 MOD 11,10; of the first ten digits one occurs two or three times, none more."""
    counts = [digits[:10].count(digit) for digit in set(digits[:10])]
    if digits[0] == "0" or max(counts) not in (2, 3):
        return False
    product = 10
    for digit in digits[:10]:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(digits[10])


def is_ssn(digits: str) -> bool:
    """United States social security number: no area 000, 666 or 900 and up, no group 00, no serial 0000."""
    return digits[:3] not in ("000", "666") and digits[0] != "9" and digits[3:5] != "00" and digits[5:] != "0000"


def is_nino(number: str) -> bool:
    """United Kingdom national insurance number: prefixes that are never given out."""
    return number[:2] not in ("BG", "GB", "NK", "KN", "TN", "NT", "ZZ")


def passes_nir(number: str) -> bool:
    """French NIR: the key is 97 minus the number mod 97; Corsica's 2A and 2B count as 19 and 18."""
    body = number[:13].replace("2A", "19").replace("2B", "18")
    return body.isdigit() and 97 - int(body) % 97 == int(number[13:])


def passes_codice_fiscale(code: str) -> bool:
    """Italian codice fiscale: the sum of the odd and even tables, mod 26, is the last letter."""
    total = 0
    for index, character in enumerate(code[:15]):
        value = int(character, 36) - (10 if character.isalpha() else 0)
        total += value if index % 2 else _FISCAL_ODD[value]
    return chr(ord("A") + total % 26) == code[15]


def passes_bsn(digits: str) -> bool:
    """Dutch BSN: weights 9 to 2 and -1, sum divisible by 11."""
    total = sum(int(digit) * weight for digit, weight in zip(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True))
    return total % 11 == 0 and total > 0


def passes_pesel(digits: str) -> bool:
    """Polish PESEL: weights 1, 3, 7, 9 repeated and 1 for the check digit, sum divisible by ten."""
    weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 10 == 0
