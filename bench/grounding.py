"""Time of the grounding check: one sentence of an answer against five passages, words only.

    python -m bench.grounding [--rounds 500]

`first` includes taking the passages apart, which happens once a turn; `next` is every further sentence.
"""

import argparse
import statistics
import time
from collections.abc import Callable

from frontdesk.domain.ids import ChunkId, DocumentId
from frontdesk.domain.knowledge import Passage
from frontdesk.domain.release import GroundingSettings
from frontdesk.turn.grounding import Grounder
from frontdesk.turn.grounding.evidence import take_apart

SENTENCES = (
    "You can return unused boots within 30 days of delivery, as long as the box and the receipt are with them.",
    "Standard delivery to Austria costs 6.90 EUR and arrives within 3 working days after the parcel leaves our warehouse.",
    "The workshop repairs tents, jackets and boots, and a new zip costs 25 EUR and takes about two weeks.",
)
FACTS = (
    "Unused items can be returned within {0} days of delivery.",
    "Keep the original box and the receipt, because both are needed for the return.",
    "Standard delivery to Austria costs {0}.90 EUR.",
    "Parcels leave our warehouse on working days and arrive within {0} working days.",
    "The workshop repairs tents, jackets and boots of every brand.",
    "A new zip costs {0} EUR and takes two weeks.",
    "Gift cards cannot be returned and do not expire.",
    "Members get {0} % off all repairs and hear of new products first.",
    "The store is open from 10:00 to 19:00 and closed on Sundays.",
    "Write to our customer service with the number of your order, and we answer on the same day.",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=500)
    rounds = parser.parse_args().rounds
    grounder = Grounder(None, GroundingSettings())
    passages = [_passage(number) for number in range(5)]

    def check(place: int) -> None:
        sentence = SENTENCES[place % len(SENTENCES)]
        grounder.check_now(sentence, passages, question="Can I return boots?", language="en")

    def check_first(place: int) -> None:
        take_apart.cache_clear()
        check(place)

    print(f"words a passage  {statistics.mean(len(passage.text.split()) for passage in passages):.0f}")
    _print("first", _times_ms(check_first, rounds // 5))
    _print("next", _times_ms(check, rounds))


def _times_ms(check: Callable[[int], None], rounds: int) -> list[float]:
    check(0)
    times = []
    for place in range(rounds):
        start = time.perf_counter()
        check(place)
        times.append((time.perf_counter() - start) * 1000)
    return sorted(times)


def _print(name: str, times: list[float]) -> None:
    print(f"{name:6} p50 {times[len(times) // 2]:.2f} ms   p95 {times[int(len(times) * 0.95)]:.2f} ms")


def _passage(number: int) -> Passage:
    text = " ".join(fact.format(number * 7 + place) for place, fact in enumerate(FACTS))
    return Passage(
        chunk_id=ChunkId(f"chunk_{number}"),
        chunk_ids=(),
        document_id=DocumentId(f"doc_{number}"),
        title=f"Article {number}",
        url="",
        breadcrumb=(),
        language="en",
        audience="public",
        text=text,
        start=0,
        score=1.0,
        lexical_score=None,
        dense_score=None,
    )


if __name__ == "__main__":
    main()
