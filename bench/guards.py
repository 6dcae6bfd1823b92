"""What the guards cost a turn, and how well the detectors do on public data sets where a folder of them is at hand.

    python bench/guards.py [--data FOLDER] [--rounds 300]

Cost: median and 95th percentile in milliseconds for messages and answers of about 300 characters. The floor is one
case-folded copy and one search for a digit. Quality: share of attacks found, share of harmless texts reported, area
under the ROC curve, and precision and recall per kind of personal data (a finding counts when it overlaps).
The direct attacks and the personal data were read while the rules were written: those figures are in-sample. The indirect
attacks were not.
"""

import argparse
import gzip
import json
import platform
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from frontdesk.domain.release import GuardPolicy
from frontdesk.domain.safety import FindingKind, GuardAction
from frontdesk.safety import ContactData, Injections, NationalIds, PaymentNumbers, without_overlaps
from frontdesk.text.language import detect_language
from frontdesk.text.normalise import normalise_message
from frontdesk.turn.guards import Guard

_PLAIN = (
    "Thanks for your message! Your order with the Ridge tent was shipped on Monday and should arrive within 3-5 working "
    "days. You can return it within 30 days; see the returns page for the 4 steps. Refunds go to the way of payment you "
    "used, usually within a week after the parcel has reached our warehouse."
)
_PERSONAL = (
    "Hi, I ordered the Ridge 2 tent (order HP-10293) for 249.00 EUR on 12.03.2030 and paid by card. It went to my old "
    "address. My e-mail is jane.doe@mail.example and my phone is +49 151 23456789. Can you tell me how to send it back "
    "and when the refund will arrive? I have been a member since 2028. Thanks, Jane"
)
_SPANISH = (
    "Hola, pedí una tienda de campaña la semana pasada y todavía no ha llegado. ¿Podéis mirar dónde está? El número de "
    "pedido es HP-10293 y lo pagué con tarjeta. Si no llega antes del viernes quiero anularlo y que me devolváis el "
    "dinero, porque salimos de viaje el sábado por la mañana. Muchas gracias y un saludo."
)
_LABELS = {
    "payment_card": "CREDIT_CARD",
    "iban": "IBAN_CODE",
    "email": "EMAIL_ADDRESS",
    "phone": "PHONE_NUMBER",
    "ip_address": "IP_ADDRESS",
    "ssn_us": "US_SSN",
}
_THRESHOLD = 0.5


def a_guard() -> Guard:
    mask, block, flag = GuardAction.MASK, GuardAction.BLOCK, GuardAction.FLAG
    return Guard(
        GuardPolicy(
            inbound={FindingKind.INJECTION: flag, FindingKind.ABUSE: flag, FindingKind.SECRET: mask},
            inbound_rules={"payment_card": mask},
            outbound={
                FindingKind.PERSONAL_DATA: mask,
                FindingKind.LINK: mask,
                FindingKind.SECRET: block,
                FindingKind.ABUSE: block,
            },
        )
    )


def main() -> None:
    arguments = _arguments()
    print(f"{platform.machine()}, Python {platform.python_version()}")
    measure_cost(arguments.rounds)
    if (arguments.data / "prompt_injection").is_dir():
        measure_injection(arguments.data)
        measure_personal_data(arguments.data)


def measure_cost(rounds: int) -> None:
    guard = a_guard()
    works: dict[str, Callable[[], object]] = {
        "floor: fold and search": lambda: re.search(r"\d{9}", _PLAIN.casefold()),
        "normalise, English": lambda: normalise_message(_PLAIN),
        "normalise, Spanish": lambda: normalise_message(_SPANISH),
        "language": lambda: detect_language(_SPANISH, default="en", among=("en", "es", "de")),
        "inbound, plain": lambda: guard.check_inbound(_PLAIN),
        "inbound, Spanish": lambda: guard.check_inbound(_SPANISH),
        "inbound, personal": lambda: guard.check_inbound(_PERSONAL),
        "inbound, four earlier": lambda: guard.check_inbound(_PLAIN, earlier=[_PERSONAL] * 4),
        "outbound, plain": lambda: guard.check_outbound(_PLAIN, known=[_PERSONAL]),
        "outbound, personal": lambda: guard.check_outbound(_PERSONAL, known=[_PLAIN]),
        "outbound, 4 characters at a time": lambda: _stream(guard, _PLAIN, 4),
    }
    for name, work in works.items():
        half, most = _milliseconds(work, rounds)
        print(f"{name:36} p50 {half:7.3f}   p95 {most:7.3f} ms")


def measure_injection(data: Path) -> None:
    detector = Injections()
    by_source: dict[tuple[str, int], list[float]] = {}
    for row in _rows(data / "prompt_injection/train.jsonl.gz"):
        by_source.setdefault((row["source"], row["label"]), []).append(detector.score(row["text"]))
    for (source, label), scores in sorted(by_source.items(), key=lambda item: (item[0][1], item[0][0])):
        share = sum(score >= _THRESHOLD for score in scores) / len(scores)
        print(f"{'attack' if label else 'benign'} {source:36} {len(scores):5}  reported {share:6.1%}")
    attacks = [score for (_, label), scores in by_source.items() if label for score in scores]
    benign = [score for (_, label), scores in by_source.items() if not label for score in scores]
    _report_indirect(detector, data)
    print(f"area under the ROC curve {_area(attacks, benign):.3f}")


def _report_indirect(detector: Injections, data: Path) -> None:
    for label, name in ((0, "benign"), (1, "attack")):
        texts = [
            row["text"] for row in _rows(data / "prompt_injection/indirect_train.jsonl.gz") if row["label"] == label
        ]
        share = sum(bool(detector.find(text)) for text in texts) / len(texts)
        print(f"{name} {'indirect, in e-mails and tables':36} {len(texts):5}  reported {share:6.1%}")


def measure_personal_data(data: Path) -> None:
    hits, misses, alarms = Counter[str](), Counter[str](), Counter[str]()
    for file in sorted((data / "pii_presidio").glob("*.jsonl.gz")):
        for row in _rows(file):
            _count(row, hits, misses, alarms)
    for label in sorted(_LABELS.values()):
        precision = hits[label] / max(1, hits[label] + alarms[label])
        recall = hits[label] / max(1, hits[label] + misses[label])
        mean = 2 * precision * recall / max(1e-9, precision + recall)
        print(
            f"{label:16} {hits[label] + misses[label]:4}  precision {precision:.3f}  recall {recall:.3f}  F1 {mean:.3f}"
        )


def _count(row: dict[str, Any], hits: Counter[str], misses: Counter[str], alarms: Counter[str]) -> None:
    detectors = (ContactData(), PaymentNumbers(), NationalIds())
    findings = without_overlaps(finding for detector in detectors for finding in detector.find(row["text"]))
    left = [item for item in findings if item.rule in _LABELS]
    for span in row["spans"]:
        if span["type"] in _LABELS.values():
            same = [
                f for f in left if _LABELS[f.rule] == span["type"] and f.start < span["end"] and span["start"] < f.end
            ]
            (hits if same else misses)[span["type"]] += 1
            left = [item for item in left if item not in same]
    alarms.update(_LABELS[item.rule] for item in left)


def _area(attacks: list[float], benign: list[float]) -> float:
    """Chance that an attack scores above a harmless text; equal scores count half."""
    counts = Counter(benign)
    above = sum(sum(n for score, n in counts.items() if score < attack) + counts[attack] / 2 for attack in attacks)
    return above / (len(attacks) * len(benign))


def _stream(guard: Guard, text: str, size: int) -> str:
    stream = guard.open_stream()
    parts = [stream.feed(text[start : start + size]) for start in range(0, len(text), size)]
    return "".join([*parts, stream.finish()])


def _milliseconds(work: Callable[[], object], rounds: int) -> tuple[float, float]:
    work()
    took = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        took.append((time.perf_counter() - started) * 1000)
    took.sort()
    return took[rounds // 2], took[rounds * 95 // 100]


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared/data")
    parser.add_argument("--rounds", type=int, default=300)
    return parser.parse_args()


if __name__ == "__main__":
    main()
