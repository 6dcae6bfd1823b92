"""Train the confidence weights of the retrieve stage.

    python -m tools.calibrate_retrieval --data FOLDER [--write]

Answered questions are those of the sets with all documents in place. Unanswered ones are: the same with their documents
taken out (`removed`), the same with one word that the best chunk contains replaced by another word (`swapped`), and
those that people labelled unanswerable. Prints AUROC per set, each judged by weights that never saw it.
"""

import argparse
import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from bench.retrieval_data import Corpus, Row, halves, load_corpora, open_scorer, without
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score

from frontdesk.adapters.models.minilm import MiniLmEmbedder
from frontdesk.ports.models import Embedder
from frontdesk.scoring.retrieval import RetrievalScorer
from frontdesk.text.tokens import Token, is_stopword, stem, words
from frontdesk.turn.retrieval import confidence

HYBRID_SIGNS = ("coverage", "names", "margin", "length", "cosine", "contrast")
LEXICAL_SIGNS = ("coverage", "names", "margin", "length")
ANSWERED_TO_UNANSWERED = 2.0
"""What a help centre is taken to meet: two answered questions for one that is not. A guess."""
SWAPPED_WEIGHT = 0.25
"""A swapped word sometimes leaves a question that is still answered, so such rows count less. A guess."""
TRADES = (0.35, 0.4, 0.45, 0.5, 0.55, 0.6)
"""Values of `answer_above` that are compared."""
QUESTIONS = 900
"""Most questions per half of a set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    corpus: str
    kind: str
    """answered, removed, swapped or unanswerable"""
    signs: confidence.Signs

    @property
    def is_answered(self) -> bool:
        return self.kind == "answered"


async def collect(corpora: Sequence[Corpus], embedder: Embedder, work: Path) -> list[Example]:
    examples: list[Example] = []
    for corpus in corpora:
        if corpus.name in ("tau_knowledge", "mtrag_un"):
            found = _labelled(corpus, embedder, work)
        else:
            found = _halved(corpus, embedder, work)
        examples += [example async for example in found]
        print(corpus.name, dict(Counter(item.kind for item in examples if item.corpus == corpus.name)), flush=True)
    return examples


async def _halved(corpus: Corpus, embedder: Embedder, work: Path) -> AsyncIterator[Example]:
    chance = random.Random(11)
    vocabulary = [token.text for item in corpus.documents for token in _telling(str(item["text"]), corpus.language)]
    for half, kept in halves(corpus):
        scorer = open_scorer(half, embedder=embedder, work=work)
        for row in chance.sample(corpus.questions, min(QUESTIONS, len(corpus.questions))):
            is_answered = row["group"] in kept
            if signs := await _signs(scorer, row):
                yield Example(corpus=corpus.name, kind="answered" if is_answered else "removed", signs=signs)
            swapped = await _swap(scorer, row, vocabulary, chance) if is_answered else None
            if swapped and (signs := await _signs(scorer, swapped)):
                yield Example(corpus=corpus.name, kind="swapped", signs=signs)


async def _labelled(corpus: Corpus, embedder: Embedder, work: Path) -> AsyncIterator[Example]:
    """Every question with all documents in place, and a second time with its own taken out."""
    rows = [row for row in corpus.questions if row.get("answerability") in (None, "ANSWERABLE", "UNANSWERABLE")]
    whole = open_scorer(corpus, embedder=embedder, work=work)
    for row in rows:
        if signs := await _signs(whole, row):
            yield Example(corpus=corpus.name, kind="answered" if row["gold"] else "unanswerable", signs=signs)
    for part in range(4):
        some = [row for row in rows[part::4] if row["gold"]]
        scorer = open_scorer(
            without(corpus, {name for row in some for name in row["gold"]}), embedder=embedder, work=work
        )
        for row in some:
            if signs := await _signs(scorer, row):
                yield Example(corpus=corpus.name, kind="removed", signs=signs)


async def _signs(scorer: RetrievalScorer, row: Row) -> confidence.Signs | None:
    found = await scorer.search(row)
    return scorer.retriever.signs(found) if found.ranking else None


async def _swap(scorer: RetrievalScorer, row: Row, vocabulary: Sequence[str], chance: random.Random) -> Row | None:
    """The question with one word that the best chunk has replaced by one that it has not."""
    question, language = str(row["question"]), str(row["language"])
    found = await scorer.search(row)
    if not found.ranking:
        return None
    present = scorer.retriever.stems(found.ranking[0].row)
    mine = [token for token in _telling(question, language) if stem(token.text, language) in present]
    others = [word for word in chance.sample(vocabulary, 40) if stem(word, language) not in present]
    if not mine or not others:
        return None
    token = max(mine, key=lambda item: scorer.index.inverse_frequency(stem(item.text, language)))
    token = token if chance.random() < 0.6 else chance.choice(mine)
    fitting = [word for word in others if word[0].isupper() == token.text[0].isupper()]
    other = (fitting or others)[0]
    return {**row, "question": question[: token.start] + other + question[token.end :]}


def _telling(text: str, language: str) -> list[Token]:
    return [token for token in words(text) if len(token.text) > 3 and not is_stopword(token.text, language)]


def fit(examples: Sequence[Example], names: Sequence[str]) -> confidence.Weights:
    """Logistic regression; sets and kinds weigh the same however many rows they have."""
    values = _values(examples, names)
    answered = np.array([item.is_answered for item in examples])
    mean, spread = values.mean(axis=0), values.std(axis=0) + 1e-9
    model = LogisticRegression(C=1.0, max_iter=3000)
    model.fit((values - mean) / spread, answered, sample_weight=_row_weights(examples, answered))
    slopes = model.coef_[0] / spread
    return confidence.Weights(
        bias=round(float(model.intercept_[0] - slopes @ mean), 4),
        signs={name: round(float(slope), 4) for name, slope in zip(names, slopes, strict=True)},
    )


def _row_weights(examples: Sequence[Example], answered: NDArray[np.bool_]) -> NDArray[np.float64]:
    counts = Counter((item.corpus, item.kind) for item in examples)
    weights: NDArray[np.float64] = np.array(
        [(SWAPPED_WEIGHT if item.kind == "swapped" else 1.0) / counts[item.corpus, item.kind] for item in examples]
    )
    weights[answered] *= ANSWERED_TO_UNANSWERED * weights[~answered].sum() / weights[answered].sum()
    scaled: NDArray[np.float64] = weights / weights.mean()
    return scaled


def _values(examples: Sequence[Example], names: Sequence[str]) -> NDArray[np.float64]:
    return np.array([[getattr(item.signs, name) for name in names] for item in examples])


def report(examples: Sequence[Example], names: Sequence[str]) -> dict[str, float]:
    """AUROC of answered against each kind, per set, by weights that never saw the set."""
    found: dict[str, float] = {}
    for corpus in dict.fromkeys(item.corpus for item in examples):
        weights = fit([item for item in examples if item.corpus != corpus], names)
        own = [item for item in examples if item.corpus == corpus]
        for kind in ("removed", "swapped", "unanswerable"):
            rows = [item for item in own if item.kind in ("answered", kind)]
            if any(item.kind == kind for item in rows):
                chances = [confidence.weigh(item.signs, weights) for item in rows]
                found[f"{corpus} {kind}"] = round(float(roc_auc_score([i.is_answered for i in rows], chances)), 3)
    weights = fit(examples, names)
    answered = np.array([item.is_answered for item in examples])
    estimates = np.array([confidence.weigh(item.signs, weights) for item in examples])
    found["brier"] = round(
        float(brier_score_loss(answered, estimates, sample_weight=_row_weights(examples, answered))), 3
    )
    return found


def trade(examples: Sequence[Example], names: Sequence[str]) -> list[str]:
    """Per `answer_above`: the share of answered questions that reach it, and of those whose answer is not there.

    Means over the sets, each judged by weights that never saw it.
    """
    chances: dict[tuple[str, bool], list[float]] = {}
    for corpus in dict.fromkeys(item.corpus for item in examples):
        weights = fit([item for item in examples if item.corpus != corpus], names)
        for item in examples:
            if item.corpus == corpus and item.kind != "swapped":
                chances.setdefault((corpus, item.is_answered), []).append(confidence.weigh(item.signs, weights))
    lines = []
    for threshold in TRADES:
        shares = {
            answered: np.mean(
                [
                    np.mean(np.array(own) >= threshold)
                    for (_, is_answered), own in chances.items()
                    if is_answered is answered
                ]
            )
            for answered in (True, False)
        }
        lines.append(f"{threshold:.2f}  answered {shares[True]:.3f}  not answered {shares[False]:.3f}")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--models", type=Path, default=Path.home() / ".cache/frontdesk/models")
    parser.add_argument("--work", type=Path, default=Path.home() / ".cache/frontdesk/calibration")
    parser.add_argument("--write", action="store_true", help="replace the weights in the package")
    arguments = parser.parse_args()
    corpora = load_corpora(arguments.data)
    embedder = MiniLmEmbedder.open(arguments.models)
    examples = asyncio.run(collect(list(corpora.values()), embedder, arguments.work))
    ran_dense = [item for item in examples if item.signs.cosine > 0.0]
    families = {"hybrid": (ran_dense, HYBRID_SIGNS), "lexical": (examples, LEXICAL_SIGNS)}
    stored: dict[str, Any] = {}
    for family, (rows, names) in families.items():
        print(family, json.dumps(report(rows, names), indent=1))
        print("\n".join(trade(rows, names)))
        stored[family] = asdict(fit(rows, names))
    print(json.dumps(stored, indent=2))
    if arguments.write:
        path = Path(confidence.__file__).with_name(confidence.WEIGHTS_FILE)
        path.write_text(json.dumps(stored, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
