"""Payment cards and bank accounts."""

import re
from collections.abc import Iterator, Sequence

from frontdesk.domain.safety import Finding, FindingKind
from frontdesk.safety.context import has_word_before
from frontdesk.safety.detector import without_overlaps
from frontdesk.safety.numbers import IBAN_LENGTHS, is_card_number, passes_iban, passes_luhn

_DIGIT_RUN = re.compile(r"(?<![\d+])(?<!\d[.,])\d(?:[ .\-\u00b7]?\d){11,60}(?!\d)")
_GROUP = re.compile(r"\d+")
_GROUPED = re.compile(r"\d{4}(\D)\d{4}\1\d{4}\1\d{4}(?:\1\d{1,3})?\Z|\d{4}(\D)\d{6}\2\d{4,5}\Z")
_CARD_WORDS = (
    r"card|credit|debit|visa|master ?card|maestro|amex|american express|diners|discover|cc\b|pan\b|kart|kredit"
    r"|bankkart|kreditkart|tarjeta|cart[ãa]o|carte|carta|kaart|charged"
)
_OTHER_NUMBER_WORDS = (
    r"order|track|parcel|shipment|reference|ref\b|invoice|ticket|case|serial|imei|isbn|ean\b|gtin|sku|timestamp|id\b"
    r"|pedido|seguimiento|factura|env[ií]o|bestell|auftrag|sendung|rechnung|kundennummer|vorgang|commande|suivi"
)
_MIN_DIGITS, _MAX_DIGITS = 12, 19
_IBAN_START = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{2})\d{2}(?=[ \-]?[A-Za-z0-9])")
_IBAN_MAX_SPACED = 50
"""An IBAN in the widest usual grouping; longer runs are something else."""


class PaymentNumbers:
    """Card numbers (issuer range, length, Luhn, grouping, words nearby) and IBANs (country length, mod 97).

    A mistyped number that is plainly called a card or an IBAN counts too: it is nearly someone's number.
    """

    name = "payment_numbers"
    version = "1"

    def find(self, text: str) -> Sequence[Finding]:
        return without_overlaps([*_cards(text), *_ibans(text)])


def _cards(text: str) -> Iterator[Finding]:
    for run in _DIGIT_RUN.finditer(text):
        found = list(_cards_between(text, [group.span() for group in _GROUP.finditer(text, *run.span())]))
        yield from found if len(found) < 2 else without_overlaps(found)


def _cards_between(text: str, groups: list[tuple[int, int]]) -> Iterator[Finding]:
    """The whole run, and every stretch of it that starts with four digits or more: numbers may stand side by side."""
    for first, (start, end) in enumerate(groups):
        if first and end - start < 4:
            continue
        size = 0
        for group in groups[first:]:
            size += group[1] - group[0]
            if size > _MAX_DIGITS:
                break
            if size >= _MIN_DIGITS:
                written = text[start : group[1]]
                score = _card_score(text, start, written, "".join(_GROUP.findall(written)))
                if score:
                    yield _finding("payment_card", start, group[1], score)


def _card_score(text: str, start: int, written: str, digits: str) -> float:
    """1 with check digit and either a card's grouping, its name nearby, or no other name; 0.7 when named only."""
    is_named = has_word_before(text, start, _CARD_WORDS)
    if not passes_luhn(digits) or not is_card_number(digits):
        looks_like_one = is_card_number(digits) or passes_luhn(digits) or bool(_GROUPED.match(written))
        return 0.7 if is_named and looks_like_one and not _is_called_otherwise(text, start) else 0.0
    if is_named or _GROUPED.match(written):
        return 1.0
    is_plain = written == digits and len(digits) >= 15 and not _is_glued(text, start, start + len(written))
    return 0.9 if is_plain and not _is_called_otherwise(text, start) else 0.0


def _is_glued(text: str, start: int, end: int) -> bool:
    """Letters right before or after: a part of some other code."""
    return text[start - 1 : start].isalpha() or text[end : end + 1].isalpha()


def _is_called_otherwise(text: str, start: int) -> bool:
    return has_word_before(text, start, _OTHER_NUMBER_WORDS, reach=24)


def _ibans(text: str) -> Iterator[Finding]:
    for match in _IBAN_START.finditer(text):
        length = IBAN_LENGTHS.get(match[1].upper())
        end = _end_of_characters(text, match.start(), length) if length else 0
        if not end:
            continue
        iban = re.sub(r"[ \-]", "", text[match.start() : end]).upper()
        if passes_iban(iban):
            yield _finding("iban", match.start(), end, 1.0)
        elif has_word_before(text, match.start(), "iban", reach=24):
            yield _finding("iban", match.start(), end, 0.7)


def _end_of_characters(text: str, start: int, count: int) -> int:
    """Where `count` letters and digits with single separators between them end; 0 when they do not fit."""
    position, seen = start, 0
    while seen < count and position < min(len(text), start + _IBAN_MAX_SPACED):
        character = text[position]
        if character.isascii() and character.isalnum():
            seen += 1
        elif character not in " -" or text[position - 1] in " -":
            return 0
        position += 1
    is_whole = seen == count and (position == len(text) or not text[position].isalnum())
    return position if is_whole else 0


def _finding(rule: str, start: int, end: int, score: float) -> Finding:
    return Finding(kind=FindingKind.PERSONAL_DATA, rule=rule, start=start, end=end, score=score)
