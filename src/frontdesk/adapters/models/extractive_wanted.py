"""What a question asks for, word by word, and how much of it a sentence says."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from frontdesk.adapters.models.extractive_candidates import Candidate
from frontdesk.ports.models import ChatRequest
from frontdesk.text.rewordings import Ways, credit_of, ways_to_say
from frontdesk.text.tokens import content_stems

RARITY = 0.5
"""Power of the inverse frequency: five passages say little about how rare a word is."""
SHORT_QUESTION_STEMS = 3
CARRIED = 0.4
"""What a word of the customer's message before counts in a short question."""
PREFIX = 5
"""Words of this length that begin alike count as related, which helps with compounds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The question's stems with what each counts, adding up to 1, and other ways to say them."""

    weights: dict[str, float]
    ways: Ways

    def said_by(self, stems: frozenset[str]) -> float:
        """0 to 1: how much of the question the stems say."""
        return sum(weight * _credit(stem, stems, self.ways) for stem, weight in self.weights.items())

    def words_in(self, stems: frozenset[str]) -> frozenset[str]:
        """The question's stems that the stems say."""
        return frozenset(stem for stem in self.weights if _credit(stem, stems, self.ways))


def read_wanted(request: ChatRequest, pool: Sequence[Candidate]) -> Wanted:
    """What the request asks for; a word that is rare among the candidates tells more."""
    ways = ways_to_say(request.rewordings, request.language)
    stems = dict.fromkeys(content_stems(request.question, request.language), 1.0)
    if len(stems) < SHORT_QUESTION_STEMS:
        earlier = [turn.text for turn in request.history if turn.role == "customer"][-1:]
        for stem in content_stems(" ".join(earlier), request.language):
            stems.setdefault(stem, CARRIED)
    texts = [candidate.stems | candidate.heading_stems for candidate in pool]
    weights = {stem: share * _rarity(stem, texts, ways) for stem, share in stems.items()}
    total = sum(weights.values())
    return Wanted(weights={stem: weight / total for stem, weight in weights.items()} if total else {}, ways=ways)


def _rarity(stem: str, texts: Sequence[frozenset[str]], ways: Ways) -> float:
    seen = sum(1 for stems in texts if credit_of(stem, stems, ways))
    return float(math.log(1 + (len(texts) - seen + 0.5) / (seen + 0.5)) ** RARITY)


def _credit(stem: str, stems: frozenset[str], ways: Ways) -> float:
    credit = credit_of(stem, stems, ways)
    if credit or len(stem) <= PREFIX:
        return credit
    return 1.0 if any(other[:PREFIX] == stem[:PREFIX] and _is_part(other, stem) for other in stems) else 0.0


def _is_part(left: str, right: str) -> bool:
    return left.startswith(right) or right.startswith(left)
