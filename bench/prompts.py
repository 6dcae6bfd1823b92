"""How long the passages of a prompt are, and whether they still hold what answers the question.

    python -m bench.prompts [--data FOLDER] [--models FOLDER] [--sample 300]

Three questions per row: how many tokens do the passages of one prompt have, how many passages are they, and in how
many of the questions do they hold the answer. Of the demo's questions that is known by the words an answer must
contain; of the public sets (in --data, default `../shared/data`) by the documents that answer. Tokens are those of the
built-in embedder's vocabulary; a vendor counts a little differently. Rows differ in how far below the best chunk one
may score, in standard deviations of the fused score; the product's own row is marked.
"""

import argparse
import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from bench.fusion import KnownVectors
from bench.retrieval_data import Corpus, load_corpora, open_scorer
from frontdesk.adapters.models.minilm import MiniLmEmbedder
from frontdesk.adapters.models.rendering import render_chat
from frontdesk.bootstrap import open_snapshot, sync_knowledge
from frontdesk.domain.conversation import PUBLIC, PUBLIC_ONLY, Audiences
from frontdesk.domain.knowledge import Passage
from frontdesk.ports.models import ChatRequest, Embedder
from frontdesk.releases import read_assistant
from frontdesk.settings import load_settings
from frontdesk.turn.generation import fill_prompt, prompt_values
from frontdesk.turn.retrieval import Retriever, passages

DEMO = Path(__file__).parents[1] / "examples" / "harbor-and-pine"
SETS = ("xquad_en", "xquad_de", "mtrag_un", "halueval_qa", "dstc9_faq", "tau_knowledge")
THRESHOLDS = (float("inf"), 4.0, 3.0, 2.5, 2.0, 1.5, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    question: str
    language: str
    audiences: Audiences
    words: tuple[str, ...] = ()
    """Each must stand in the passages."""
    documents: tuple[str, ...] = ()
    """Names of documents that answer; the share that is there counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    name: str
    retriever: Retriever
    names: Mapping[Any, str]
    """What a document is called in `Asked.documents`."""
    asked: Sequence[Asked]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared/data")
    parser.add_argument("--models", type=Path, default=Path.home() / ".cache/frontdesk/models")
    parser.add_argument("--work", type=Path, default=Path.home() / ".cache/frontdesk/calibration")
    parser.add_argument("--sample", type=int, default=300, help="questions of each public set")
    arguments = parser.parse_args()
    embedder = KnownVectors(MiniLmEmbedder.open(arguments.models), {})
    with TemporaryDirectory() as folder:
        demo = _demo(Path(folder), embedder)
        asyncio.run(_report_parts(demo, embedder))
        asyncio.run(_report(demo, embedder))
        for corpus in _corpora(arguments.data):
            asyncio.run(_report(_public(corpus, embedder, arguments.work, arguments.sample), embedder))


def _corpora(folder: Path) -> Sequence[Corpus]:
    if not folder.is_dir():
        print(f"There is no folder {folder}: only the demo was measured.")
        return ()
    found = load_corpora(folder)
    return [found[name] for name in SETS]


def _demo(folder: Path, embedder: Embedder) -> Set:
    settings = load_settings({}, data_dir=folder, assistant_dir=DEMO)
    content = read_assistant(DEMO)
    sync_knowledge(settings, content, embedder)
    listed = yaml.safe_load((DEMO / "questions.yaml").read_text("utf-8"))["answerable"]
    asked = [
        Asked(
            question=item["question"],
            language=item["language"],
            audiences=Audiences(labels=frozenset({PUBLIC, item.get("audience", PUBLIC)})),
            words=tuple(item["must_contain"]),
        )
        for item in listed
    ]
    return Set(
        name="demo", retriever=Retriever(open_snapshot(settings), embedder, content.retrieval), names={}, asked=asked
    )


def _public(corpus: Corpus, embedder: Embedder, work: Path, sample: int) -> Set:
    scorer = open_scorer(corpus, embedder=embedder, work=work)
    answered = [row for row in corpus.questions if row["gold"]]
    chosen = random.Random(5).sample(answered, min(sample, len(answered)))
    asked = [
        Asked(
            question=row["question"],
            language=corpus.language,
            audiences=PUBLIC_ONLY,
            documents=tuple(row["gold"]),
        )
        for row in chosen
    ]
    return Set(name=corpus.name, retriever=scorer.retriever, names=scorer.names, asked=asked)


async def _report(measured: Set, embedder: Embedder) -> None:
    print(f"\n{measured.name}: {len(measured.asked)} questions")
    print(f"{'far below':>10} {'passages':>9} {'tokens':>7} {'holds the answer':>17}")
    chosen = passages.FAR
    try:
        for threshold in THRESHOLDS:
            passages.FAR = threshold
            counts, tokens, held = await _measure(measured, embedder)
            mark = "  <" if threshold == chosen else ""
            print(f"{threshold:>10} {counts:>9.2f} {tokens:>7.0f} {held:>17.1%}{mark}")
    finally:
        passages.FAR = chosen


async def _measure(measured: Set, embedder: Embedder) -> tuple[float, float, float]:
    """Means over the questions: passages, their tokens, and the share of what answers that they hold."""
    counts = tokens = held = 0.0
    for asked in measured.asked:
        found = await _passages(measured, asked)
        counts += len(found)
        tokens += sum(embedder.count_tokens(f"{' › '.join(one.breadcrumb)} {one.text}") for one in found)
        held += _held(asked, found, measured.names)
    number = len(measured.asked)
    return counts / number, tokens / number, held / number


async def _passages(measured: Set, asked: Asked) -> Sequence[Passage]:
    found = await measured.retriever.retrieve(
        asked.question, language=asked.language, history=(), audiences=asked.audiences
    )
    return found.passages


def _held(asked: Asked, found: Sequence[Passage], names: Mapping[Any, str]) -> float:
    if asked.words:
        text = " ".join(" ".join(passage.text.split()) for passage in found)
        return float(all(word in text for word in asked.words))
    there = {names[passage.document_id] for passage in found}
    return len(there & set(asked.documents)) / len(asked.documents)


async def _report_parts(measured: Set, embedder: Embedder) -> None:
    """What the demo's prompts are made of."""
    content = read_assistant(DEMO)
    instructions = fill_prompt(content.prompts.answer, prompt_values(content.profile, "en"))
    whole = bare = 0
    for asked in measured.asked:
        found = tuple(await _passages(measured, asked))
        whole += _prompt_tokens(asked, instructions, found, embedder)
        bare += _prompt_tokens(asked, instructions, (), embedder)
    number = len(measured.asked)
    print(
        f"A prompt of the demo: {whole / number:.0f} tokens, {bare / number:.0f} of them instructions and question, "
        f"{(whole - bare) / number:.0f} passages with their marks."
    )


def _prompt_tokens(asked: Asked, instructions: str, found: tuple[Passage, ...], embedder: Embedder) -> int:
    rendered = render_chat(
        ChatRequest(
            purpose="answer",
            instructions=instructions,
            history=(),
            passages=found,
            question=asked.question,
            language=asked.language,
        )
    )
    return embedder.count_tokens("\n".join([rendered.system, *(message.content for message in rendered.messages)]))


if __name__ == "__main__":
    main()
