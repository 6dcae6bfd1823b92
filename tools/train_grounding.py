"""Train the grounding check's risk model and say how good it is on rows it has not seen.

    python tools/train_grounding.py --data DIR --model-dir DIR [--write]

`--data` holds the folders named in docs/models/grounding.md; `--model-dir` the built embedder. Without `--write`
it only prints the table. The same data and seed give the same weights.
"""

import argparse
import gzip
import hashlib
import json
import math
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from frontdesk.adapters.models.minilm import MiniLmEmbedder
from frontdesk.domain.ids import ChunkId, DocumentId
from frontdesk.domain.knowledge import Passage
from frontdesk.ports.models import Embedder
from frontdesk.turn.grounding.check import Reading, read, summarise_cosines
from frontdesk.turn.grounding.citations import prepare, window_text
from frontdesk.turn.grounding.evidence import take_apart
from frontdesk.turn.grounding.features import NAMES, VECTOR_NAMES
from frontdesk.turn.grounding.risk import Rarities, RiskModel, TreeEnsemble

SEED = 7
WEIGHTS = Path(__file__).parents[1] / "src/frontdesk/turn/grounding/weights.json"
UNDECIDED = (0.25, 0.75)
"""Risks between which sentence vectors are asked: about a fifth of the answers of the training rows."""
SHARES = {"dstc": 1.0, "begin": 1.0, "halueval": 0.3, "faq": 0.3, "mtrag": 0.2}
"""What each set weighs in training, whatever its size; supported and unsupported rows weigh the same within each."""
DIRECTIONS = {
    **dict.fromkeys(
        [
            "cover_best",
            "cover_window",
            "cover_all",
            "pairs_window",
            "pairs_all",
            "triples_all",
            "words_all",
            "run",
            "order",
            "agrees_opening",
            "worst_cover_window",
            "worst_pairs_all",
            "cosine",
            "worst_cosine",
        ],
        -1,
    ),
    **dict.fromkeys(
        [
            "speaker",
            "most_speaker",
            "missing_window",
            "missing_all",
            "names_missing",
            "amounts_apart",
            "amounts_absent",
            "denial_clash",
            "denials_more",
            "denials_fewer",
            "opposites",
            "contradictions",
        ],
        1,
    ),
}
"""Features that can only lower (-1) or only raise (1) the risk, so that the model stays sane off its training data."""
FOLDS = 11

Table = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One answer with its passages."""

    source: str
    part: str
    passages: tuple[str, ...]
    question: str
    answer: str
    is_unsupported: bool
    group: str
    """Rows of one group are never on both sides of a split: the system for `dstc`, else the context."""
    entity: str
    """The hotel, restaurant or service a `dstc` row is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    rows: list[Row]
    words: Table
    """(n_rows, features) float64 in the order of `NAMES`."""
    vectors: Table
    """(n_rows, 2) float64 in the order of `VECTOR_NAMES`; no columns without an embedder."""
    rarities: dict[str, float]

    @property
    def labels(self) -> NDArray[np.int64]:
        return np.array([int(row.is_unsupported) for row in self.rows])


def load_rows(folder: Path) -> list[Row]:
    """Every usable row: of rated answers only the clear ones, mean below 3 or at least 4."""
    return [*_dstc(folder), *_begin(folder), *_halueval(folder), *_mtrag(folder), *_faq(folder)]


def measure(rows: Sequence[Row], embedder: Embedder | None) -> Data:
    rarities = rarity_table(rows)
    untrained = TreeEnsemble(bias=0.0, trees=())
    model = RiskModel(words=untrained, vectors=untrained, undecided=(0.0, 1.0), rarities={"en": Rarities(rarities)})
    readings = [_read(row, model) for row in rows]
    words = np.array([reading.whole.features if reading.whole else [0.0] * len(NAMES) for reading in readings])
    vectors = _cosines(readings, embedder) if embedder else np.zeros((len(rows), 0))
    return Data(rows=list(rows), words=words, vectors=vectors, rarities=rarities)


def rarity_table(rows: Sequence[Row]) -> dict[str, float]:
    """Weight per stem met in at least five sentences: its inverse sentence frequency, 0.1 to 1."""
    counts: Counter[str] = Counter()
    total = 0
    for text in sorted({passage for row in rows for passage in row.passages}):
        pieces = take_apart(text, "", "en").pieces
        total += len(pieces)
        for piece in pieces:
            counts.update(piece.stems)
    top = math.log(total / 2)
    weights = {stem: min(1.0, math.log(total / count) / top) for stem, count in counts.items() if count >= 5}
    return {stem: round(max(0.1, weight), 2) for stem, weight in sorted(weights.items()) if weight < 0.95}


def fit(table: Table, rows: Sequence[Row], names: Sequence[str]) -> HistGradientBoostingClassifier:
    labels = np.array([int(row.is_unsupported) for row in rows])
    model = HistGradientBoostingClassifier(
        max_iter=250,
        learning_rate=0.05,
        max_leaf_nodes=10,
        min_samples_leaf=30,
        l2_regularization=2.0,
        early_stopping=False,
        monotonic_cst=[DIRECTIONS.get(name, 0) for name in names],
        random_state=SEED,
    )
    return model.fit(table, labels, sample_weight=_row_weights(rows))


def cross_validate(data: Data, *, by: Literal["group", "entity"]) -> NDArray[np.float64]:
    """Risk of every row by models that saw no row of its group; with `entity`, no other answer about its entity.

    Where there are vectors they decide what words leave undecided, as in the product.
    """
    keys = [row.group if by == "group" else row.entity for row in data.rows]
    folds = _folds(keys, data.rows if by == "group" else [])
    risks = np.zeros(len(data.rows))
    for fold in range(FOLDS):
        held = folds == fold
        seen = [row for row, out in zip(data.rows, held, strict=True) if not out]
        risks[held] = fit(data.words[~held], seen, NAMES).predict_proba(data.words[held])[:, 1]
        if data.vectors.shape[1]:
            both = np.hstack([data.words, data.vectors])
            refined = fit(both[~held], seen, (*NAMES, *VECTOR_NAMES)).predict_proba(both[held])[:, 1]
            unsure = (risks[held] > UNDECIDED[0]) & (risks[held] < UNDECIDED[1])
            risks[held] = np.where(unsure, refined, risks[held])
    return risks


def auroc(data: Data, risks: NDArray[np.float64], source: str, part: str = "") -> float:
    chosen = np.array([row.source == source and part in ("", row.part) for row in data.rows])
    return float(roc_auc_score(data.labels[chosen], risks[chosen]))


def export(model: HistGradientBoostingClassifier) -> dict[str, Any]:
    """The trees as `risk.TreeEnsemble` reads them."""
    trees = []
    for (predictor,) in model._predictors:  # noqa: SLF001 - scikit-learn has no public way to read the trees
        trees.append(
            [
                [-1, round(float(node["value"]), 5), 0, 0]
                if node["is_leaf"]
                else [
                    int(node["feature_idx"]),
                    round(float(node["num_threshold"]), 6),
                    int(node["left"]),
                    int(node["right"]),
                ]
                for node in predictor.nodes
            ]
        )
    return {"bias": float(model._baseline_prediction.ravel()[0]), "trees": trees}  # noqa: SLF001


def write_weights(data: Data, path: Path) -> None:
    both = np.hstack([data.words, data.vectors])
    stored = {
        "features": [*NAMES, *VECTOR_NAMES],
        "undecided": UNDECIDED,
        "words": export(fit(data.words, data.rows, NAMES)),
        "vectors": export(fit(both, data.rows, (*NAMES, *VECTOR_NAMES))),
        "rarities": {"en": data.rarities},
    }
    path.write_text(json.dumps(stored, separators=(",", ":"), ensure_ascii=False) + "\n", "utf-8")


def report(data: Data) -> Iterator[str]:
    words = Data(rows=data.rows, words=data.words, vectors=np.zeros((len(data.rows), 0)), rarities=data.rarities)
    for title, part in (("words only", words), ("with vectors where words do not decide", data)):
        if part is data and not data.vectors.shape[1]:
            continue
        by_group = cross_validate(part, by="group")
        by_entity = cross_validate(part, by="entity")
        yield title
        yield f"  dstc, systems held out      {auroc(part, by_group, 'dstc'):.3f}"
        yield f"  dstc, entities held out     {auroc(part, by_entity, 'dstc'):.3f}"
        yield f"  begin, contexts held out    {auroc(part, by_group, 'begin'):.3f}"
        yield from (f"    {name:24}  {auroc(part, by_group, 'begin', name):.3f}" for name in ("wow", "tc", "cmu"))
        yield from (f"  {name:26}  {auroc(part, by_group, name):.3f}" for name in ("halueval", "mtrag", "faq"))
        unsure = np.mean((by_group > UNDECIDED[0]) & (by_group < UNDECIDED[1]))
        yield f"  undecided by what it had    {unsure:.1%}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model-dir", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args(arguments)
    data = measure(load_rows(options.data), _embedder(options.model_dir))
    if options.write:
        if not data.vectors.shape[1]:
            parser.error("--write needs --model-dir: the shipped weights hold both models")
        write_weights(data, WEIGHTS)
    for line in report(data):
        print(line, flush=True)
    return 0


def _embedder(model_dir: Path | None) -> Embedder | None:
    if model_dir is None:
        return None
    return MiniLmEmbedder.open(model_dir, 2)


def _read(row: Row, model: RiskModel) -> Reading:
    grounds = prepare([_passage(text) for text in row.passages], question=row.question, language="en")
    return read(row.answer, grounds, model, counts_talk=True)


def _passage(text: str) -> Passage:
    return Passage(
        chunk_id=ChunkId("chunk"),
        chunk_ids=(),
        document_id=DocumentId("document"),
        title="",
        url="",
        breadcrumb=(),
        language="en",
        audience="public",
        text=text,
        start=0,
        score=0.0,
        lexical_score=None,
        dense_score=None,
    )


def _cosines(readings: Sequence[Reading], embedder: Embedder) -> Table:
    texts = sorted({text for reading in readings for text in reading.texts})
    vectors: dict[str, NDArray[np.float32]] = {}
    for start in range(0, len(texts), 512):
        batch = texts[start : start + 512]
        vectors.update(zip(batch, embedder.embed_now(batch), strict=True))
    return np.array([_cosine_features(reading, vectors) for reading in readings])


def _cosine_features(reading: Reading, vectors: dict[str, NDArray[np.float32]]) -> list[float]:
    if not reading.comparisons:
        return [0.0, 0.0]
    cosines = [
        float(vectors[claim.text] @ vectors[window_text(comparison.windows[0], reading.grounds)])
        if comparison.windows
        else 0.0
        for claim, comparison in zip(reading.claims, reading.comparisons, strict=True)
    ]
    return summarise_cosines(cosines, reading.comparisons)


def _row_weights(rows: Sequence[Row]) -> NDArray[np.float64]:
    counts = Counter((row.source, row.is_unsupported) for row in rows)
    weights = np.array([SHARES[row.source] / counts[row.source, row.is_unsupported] for row in rows])
    scaled: NDArray[np.float64] = weights / weights.mean()
    return scaled


def _folds(keys: Sequence[str], rows: Sequence[Row]) -> NDArray[np.int64]:
    """A fold per row, the same for equal keys; with `rows`, each `dstc` system is a fold of its own."""
    systems = sorted({row.group for row in rows if row.source == "dstc"})
    return np.array(
        [
            systems.index(key) if key in systems else int(hashlib.sha256(key.encode()).hexdigest(), 16) % FOLDS
            for key in keys
        ]
    )


def _lines(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _dstc(folder: Path) -> Iterator[Row]:
    for line in _lines(folder / "dstc_answer_accuracy/train.jsonl.gz"):
        mean, context = line["accuracy_mean"], line["context"]
        if mean < 3 or mean >= 4:
            entity = "__".join(line["gold"][0].split("__")[:2])
            yield _row("dstc", context, line["answer"], is_unsupported=mean < 3, group=line["system"], entity=entity)


def _begin(folder: Path) -> Iterator[Row]:
    for line in _lines(folder / "begin_grounding/dev.jsonl.gz"):
        yield _row(
            "begin",
            line["context"],
            line["answer"],
            part=line["source"],
            question=line["question"],
            is_unsupported=bool(line["label"]),
            group="".join(character for character in line["context"].lower() if character.isalnum()),
        )


def _halueval(folder: Path) -> Iterator[Row]:
    for line in _lines(folder / "halueval_qa/train.jsonl.gz"):
        yield _row(
            "halueval",
            line["context"],
            line["answer"],
            question=line["question"],
            is_unsupported=bool(line["label"]),
            group=line["context"],
        )


def _mtrag(folder: Path) -> Iterator[Row]:
    for line in _lines(folder / "mtrag_human_faithfulness/dev.jsonl.gz"):
        asked = [turn["text"] for turn in line["history"] if turn["speaker"] == "user"]
        yield Row(
            source="mtrag",
            part="",
            passages=tuple(passage["text"] for passage in line["passages"]),
            question=asked[-1] if asked else "",
            answer=line["answer"],
            is_unsupported=bool(line["label"]),
            group=line["conversation"],
            entity=line["conversation"],
        )


def _faq(folder: Path) -> Iterator[Row]:
    """Replies with the snippet they rest on, and with another snippet of the same place."""
    snippets = {line["id"]: line for line in _lines(folder / "dstc9_faq/snippets.jsonl.gz")}
    places: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, snippet in snippets.items():
        places[snippet["domain"], snippet["entity"]].append(name)
    chance = random.Random(SEED)
    for line in _lines(folder / "dstc9_faq/grounded_answers.jsonl.gz"):
        gold = snippets.get(line["gold"][0])
        if gold is None:
            continue
        other = chance.choice(places[gold["domain"], gold["entity"]])
        yield _faq_row(gold, line["answer"], is_unsupported=False)
        if other not in line["gold"]:
            yield _faq_row(snippets[other], line["answer"], is_unsupported=True)


def _faq_row(snippet: dict[str, Any], answer: str, *, is_unsupported: bool) -> Row:
    place = snippet["entity"] if snippet["entity"] not in (None, "", "*") else ""
    context = f"{place}: {snippet['title']} {snippet['body']}" if place else f"{snippet['title']} {snippet['body']}"
    entity = "__".join(snippet["id"].split("__")[:2])
    return _row("faq", context, answer, is_unsupported=is_unsupported, group=entity, entity=entity)


def _row(
    source: str,
    context: str,
    answer: str,
    *,
    is_unsupported: bool,
    group: str,
    part: str = "",
    question: str = "",
    entity: str = "",
) -> Row:
    return Row(
        source=source,
        part=part,
        passages=(context,),
        question=question,
        answer=answer,
        is_unsupported=is_unsupported,
        group=group,
        entity=entity or group,
    )


if __name__ == "__main__":
    sys.exit(main())
