"""National identity, tax and insurance numbers, each with its check digits or its issuing rules."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from frontdesk.domain.safety import Finding, FindingKind
from frontdesk.safety import numbers
from frontdesk.safety.context import has_word_before
from frontdesk.safety.detector import without_overlaps


@dataclass(frozen=True, slots=True, kw_only=True)
class _Number:
    rule: str
    pattern: re.Pattern[str]
    is_valid: Callable[[str], bool]
    words: str
    """What it is called; alternatives of a pattern."""
    needs_words: bool = False
    """The shape alone is too common: it must be called by its name."""
    named_score: float = 0.0
    """Score of an invalid number that is called by its name; 0 drops it."""


def _number(rule: str, pattern: str, is_valid: Callable[[str], bool], words: str, **more: bool | float) -> _Number:
    compiled = re.compile(rf"(?<![\w\-])(?<!\d[.,])(?:{pattern})(?![\w]|[\-.,]\d)", re.IGNORECASE)
    return _Number(rule=rule, pattern=compiled, is_valid=is_valid, words=words, **more)  # type: ignore[arg-type]


_SSN_WORDS = r"ssn|social security|social[- ]sec"
_NUMBERS = (
    _number("ssn_us", r"\d{3}-\d{2}-\d{4}", numbers.is_ssn, _SSN_WORDS, named_score=0.7),
    _number("ssn_us", r"\d{9}|\d{3} \d{2} \d{4}", numbers.is_ssn, _SSN_WORDS, needs_words=True),
    _number("dni_es", r"(?:\d{8}|\d{2}\.\d{3}\.\d{3}|[XYZ]-?\d{7})[- ]?[A-Z]", numbers.passes_dni, "dni|nie|nif"),
    _number(
        "tax_id_de",
        r"\d{11}|\d{2} \d{3} \d{3} \d{3}",
        numbers.passes_tax_id_de,
        r"steuer|tax|idnr|id-nr|tin\b",
        needs_words=True,
    ),
    _number(
        "nino_gb", r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?: ?\d{2}){3} ?[A-D]", numbers.is_nino, "national insurance|ni"
    ),
    _number(
        "nir_fr",
        r"[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}",
        numbers.passes_nir,
        r"s[ée]curit[ée] sociale|nir|insee",
    ),
    _number(
        "codice_fiscale_it",
        r"[A-Z]{6}[0-9LMNPQRSTUV]{2}[A-EHLMPRST][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z]",
        numbers.passes_codice_fiscale,
        "codice fiscale",
    ),
    _number("bsn_nl", r"\d{9}", numbers.passes_bsn, "bsn|burgerservice", needs_words=True),
    _number("pesel_pl", r"\d{11}", numbers.passes_pesel, "pesel", needs_words=True),
)
_MAYBE = re.compile(r"\d(?:[ .\-]?\d){5}|[a-z]{4}[0-9lmnpqrstuv]{2}[a-z][0-9lmnpqrstuv]{2}[a-z]", re.IGNORECASE)


class NationalIds:
    """Numbers of the United States, Spain, Germany, the United Kingdom, France, Italy, Poland and the Netherlands."""

    name = "national_ids"
    version = "1"

    def find(self, text: str) -> Sequence[Finding]:
        if not _MAYBE.search(text):
            return ()
        return without_overlaps(finding for number in _NUMBERS for finding in _occurrences(number, text))


def _occurrences(number: _Number, text: str) -> list[Finding]:
    found = []
    for match in number.pattern.finditer(text):
        score = _score(number, text, match)
        if score:
            kind = FindingKind.PERSONAL_DATA
            found.append(Finding(kind=kind, rule=number.rule, start=match.start(), end=match.end(), score=score))
    return found


def _score(number: _Number, text: str, match: re.Match[str]) -> float:
    is_named = has_word_before(text, match.start(), number.words)
    if number.needs_words and not is_named:
        return 0.0
    cleaned = re.sub(r"[ .\-]", "", match[0]).upper()
    if number.is_valid(cleaned):
        return 1.0 if is_named else 0.9
    return number.named_score if is_named else 0.0
