"""Ways to reach or to know a person: e-mail, telephone, network address, date of birth, passport."""

import ipaddress
import re
from collections.abc import Iterator, Sequence

from frontdesk.domain.safety import Finding, FindingKind
from frontdesk.safety.context import has_word_before
from frontdesk.safety.detector import without_overlaps

_AT = re.compile(r"@(?:[\w\-]{1,63}\.){1,6}[^\W\d_]{2,24}(?![\w\-])")
_LOCAL_PART = re.compile(r"[\w.+%'\-]{1,64}\Z")
_SPELLED_EMAIL = re.compile(
    r"(?<![\w.+\-])[\w.+\-]{1,40}(?: ?[\[(]\s?(?:at|arroba|ät)\s?[\])] ?| (?:at|arroba) )[\w\-]{1,40}"
    r"(?: ?[\[(]\s?(?:dot|punto|punkt)\s?[\])] ?| (?:dot|punto|punkt) |\.)"
    r"(?:com|net|org|info|io|eu|de|es|fr|it|uk|co\.uk|at|ch|nl)\b",
    re.IGNORECASE,
)
_SPELLED_HINTS = (" dot ", " punto ", " punkt ", "(at", "[at", "( at", "[ at", "(arroba", "[arroba", "(ät", "[ät")

_GAP = r"(?: ?[/\-] ?|\.| )"
_GROUPS = rf"\d{{1,12}}(?:(?:{_GAP}|\))\d{{1,8}}){{0,6}}(?:\s?(?:x|ext\.?)\s?\d{{1,6}})?(?!\w|[.,]\d)"
"""Digits in groups; a group needs a separator before it, so that digits have one reading only."""
_INTERNATIONAL = re.compile(
    rf"(?<![\w+])(?:\+|00)(?=[1-9])(?:\d{{1,3}}(?:{_GAP}|(?=\()))?(?:\(\d{{1,4}}\) ?)?{_GROUPS}"
)
_AMERICAN = re.compile(
    r"(?<![\w+.])(?:\+?1[ .\-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .\-])\d{3}[ .\-]\d{4}(?:\s?(?:x|ext\.?)\s?\d{1,6})?(?!\w)"
)
_NATIONAL = re.compile(rf"(?<![\w+.,/€$£])(?=\(?0)(?:\(\d{{2,6}}\) ?)?{_GROUPS}")
_NAMED = re.compile(rf"(?<![\w+.,])(?:\(\d{{2,6}}\) ?)?{_GROUPS}")
_MAYBE_PHONE = re.compile(r"\d(?:[ ./\-()]{0,3}\d){6}")
_PHONE_WORDS = (
    r"phone|tel\b|telephone|call|mobile|cell|whats ?app|sms|text me|fax|reach (?:me|us|him|her|them)|contact (?:number|me)|dial|answering|messages to|ring (?:me|us)"
    r"|tel[ée]fono|m[óo]vil|ll[áa]ma|telefon|handy|mobil|anruf|r[üu]ckruf|rufnummer|erreich|t[ée]l[ée]phone|portable"
)
_PHONE_WORD_AFTER = re.compile(r"\W{0,3}(?:fax|office|mobile|home|cell|tel|phone)\b", re.IGNORECASE)
_NOT_A_PHONE_WORDS = (
    r"order|track|invoice|ref|ticket|case|serial|sku|article|item|isbn|pedido|art[ií]culo|bestell|artikel|rechnung"
    r"|sendung|auftrag|version|account"
)
_ISO_OR_SLASHED_DATE = re.compile(r"\d{4}[\-/.]\d{1,2}[\-/.]\d{1,2}\Z|\d{1,2}[\-/.]\d{1,2}[\-/.]\d{2,4}\Z")

_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])", re.IGNORECASE)
_MAYBE_ADDRESS = re.compile(r"\d\.\d{1,3}\.\d|:[0-9a-f]{0,4}:", re.IGNORECASE)
_VERSION_WORDS = r"version|firmware|release|build|v(?=\W|\Z)"

_MONTHS = r"jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz]|ene|abr|ago|dic"  # prefixes in en, es and de
_DATE = re.compile(
    rf"(?<!\w)(?:\d{{1,2}}[./\-]\d{{1,2}}[./\-](?:19|20)?\d{{2}}|(?:19|20)\d{{2}}[./\-]\d{{1,2}}[./\-]\d{{1,2}}"
    rf"|\d{{1,2}}(?:st|nd|rd|th|\.)? (?:of |de )?(?:{_MONTHS})[a-z]{{0,8}}\.?,? (?:de )?(?:19|20)\d{{2}}"
    rf"|(?:{_MONTHS})[a-z]{{0,8}}\.? \d{{1,2}}(?:st|nd|rd|th)?,? (?:19|20)\d{{2}})(?!\w)",
    re.IGNORECASE,
)
_BIRTH_WORDS = r"born|birth|dob\b|d\.o\.b|geboren|geburt|geb\.|nac[ií]|nacimiento|cumplea|n[ée]e? le|nato|nata|nascit"
_PASSPORT = re.compile(r"(?<!\w)(?=[A-Z0-9]*\d[A-Z0-9]*\d)[A-Z0-9]{6,9}(?!\w)", re.IGNORECASE)
_PASSPORT_WORDS = r"passport|pasaporte|reisepass|passeport|passaporto|paspoort"
_NAME_STEMS = (
    "born",
    "birth",
    "dob",
    "d.o.b",
    "gebo",
    "gebu",
    "geb.",
    "nac",
    "cumplea",
    "née",
    "nee ",
    "né ",
    "nato",
    "nata",
    "nasci",
)
_PASSPORT_STEMS = ("passp", "pasap", "reisep", "passap", "paspo")
_DIGIT = re.compile(r"\d")


class ContactData:
    """E-mail addresses, telephone numbers, network addresses, dates of birth and passport numbers."""

    name = "contact_data"
    version = "1"

    def find(self, text: str) -> Sequence[Finding]:
        found = [*_emails(text)]
        if _DIGIT.search(text):
            found += [*_phones(text), *_addresses(text), *_called_by_name(text)]
        return without_overlaps(found)


def _emails(text: str) -> Iterator[Finding]:
    if "@" in text:
        for match in _AT.finditer(text):
            local = _LOCAL_PART.search(text, max(0, match.start() - 64), match.start())
            if local:
                yield _finding("email", local.start(), match.end(), 1.0)
    lowered = text.lower()
    if any(hint in lowered for hint in _SPELLED_HINTS):
        for match in _SPELLED_EMAIL.finditer(text):
            yield _finding("email", match.start(), match.end(), 0.8)


def _phones(text: str) -> Iterator[Finding]:
    if not _MAYBE_PHONE.search(text):
        return
    for pattern, score, needs_words in (
        (_INTERNATIONAL, 0.95, False),
        (_AMERICAN, 0.8, False),
        (_NATIONAL, 0.6, False),
        (_NAMED, 0.75, True),
    ):
        for match in pattern.finditer(text):
            if _is_phone(text, match, needs_words=needs_words):
                yield _finding("phone", match.start(), match.end(), score)


def _is_phone(text: str, match: re.Match[str], *, needs_words: bool) -> bool:
    number = match[0].partition("x")[0]
    digits = sum(character.isdigit() for character in number)
    if not 7 <= digits <= 15 or _ISO_OR_SLASHED_DATE.match(number):
        return False
    if number[0] == "+":
        return True
    is_named = has_word_before(text, match.start(), _PHONE_WORDS, reach=32) or _is_followed_by_phone_word(
        text, match.end()
    )
    if needs_words and not is_named:
        return False
    return is_named or (digits >= 9 and not has_word_before(text, match.start(), _NOT_A_PHONE_WORDS, reach=24))


def _is_followed_by_phone_word(text: str, end: int) -> bool:
    return _PHONE_WORD_AFTER.match(text, end, end + 12) is not None


def _addresses(text: str) -> Iterator[Finding]:
    if not _MAYBE_ADDRESS.search(text):
        return
    for pattern in (_IPV4, _IPV6):
        for match in pattern.finditer(text):
            if _is_address(match[0]) and not has_word_before(text, match.start(), _VERSION_WORDS, reach=14):
                yield _finding("ip_address", match.start(), match.end(), 0.9)


def _is_address(candidate: str) -> bool:
    if candidate.count(":") and len(candidate) < 6:
        return False
    try:
        ipaddress.ip_address(candidate)
    except ValueError:
        return False
    return True


def _called_by_name(text: str) -> Iterator[Finding]:
    """Dates and passport numbers, which are personal only where they are called so."""
    lowered = text.lower()
    for rule, pattern, stems, words in (
        ("date_of_birth", _DATE, _NAME_STEMS, _BIRTH_WORDS),
        ("passport", _PASSPORT, _PASSPORT_STEMS, _PASSPORT_WORDS),
    ):
        if any(stem in lowered for stem in stems):
            for match in pattern.finditer(text):
                if has_word_before(text, match.start(), words, reach=32):
                    yield _finding(rule, match.start(), match.end(), 0.9)


def _finding(rule: str, start: int, end: int, score: float) -> Finding:
    return Finding(kind=FindingKind.PERSONAL_DATA, rule=rule, start=start, end=end, score=score)
