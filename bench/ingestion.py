"""What a snapshot costs: 1,000 articles from nothing, then again with one changed. Ratios are to embedding alone.

    python bench/ingestion.py [--articles 1000] [--words 600]

The articles are made up from the demo's help centre, each with a heading every 120 words or so; they are in no
way about anything, but as long and as varied as help articles are.
"""

import argparse
import random
import tempfile
import time
from pathlib import Path

from frontdesk.adapters.index import FolderSnapshotStore, SqliteEmbeddingCache
from frontdesk.adapters.models.minilm import MiniLmEmbedder
from frontdesk.adapters.sources import FolderSource, SqlitePreparedCache
from frontdesk.domain.release import KnowledgeSettings, KnowledgeSource
from frontdesk.ingest import IngestReport, build_snapshot

DEMO = Path(__file__).parent.parent / "examples" / "harbor-and-pine" / "knowledge" / "en"
SOURCE = KnowledgeSource(name="articles", folder="articles", language="en")
SETTINGS = KnowledgeSettings(sources=(SOURCE,))


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_articles(root / "articles", arguments.articles, arguments.words)
        embedder = MiniLmEmbedder.open(arguments.model_dir, arguments.sessions)
        whole, whole_s = run(root, embedder)
        floor_s = embed_alone(root, embedder)
        show(f"{arguments.articles:,} articles of {arguments.words} words", whole, whole_s, floor_s)
        _, again_s = run(root, embedder)
        print(f"nothing changed: {again_s:.3f} s")
        change(root / "articles" / "article-0007.md")
        one, one_s = run(root, embedder)
        show("one article changed", one, one_s, whole_s)
        show_stale(root, one)


def run(root: Path, embedder: MiniLmEmbedder) -> tuple[IngestReport, float]:
    """As a fresh process would do it, besides loading the model."""
    started = time.perf_counter()
    report = build_snapshot(
        [FolderSource(SOURCE, root, SETTINGS.max_document_bytes)],
        settings=SETTINGS,
        embedder=embedder,
        cache=SqliteEmbeddingCache(root / "data" / "embeddings.db"),
        snapshots=FolderSnapshotStore(root / "data" / "snapshots"),
        progress=lambda _: None,
        prepared=SqlitePreparedCache(root / "data" / "prepared.db"),
    )
    assert report.manifest is not None, report.refused
    return report, time.perf_counter() - started


def embed_alone(root: Path, embedder: MiniLmEmbedder) -> float:
    """Seconds for the same chunks in one call, with nothing around it."""
    snapshots = FolderSnapshotStore(root / "data" / "snapshots")
    latest = snapshots.latest()
    assert latest is not None
    index = snapshots.open(latest)
    texts = [index.chunk(row).indexed_text for row in range(index.manifest.chunk_count)]
    started = time.perf_counter()
    embedder.embed_now(texts)
    seconds = time.perf_counter() - started
    tokens = sum(map(embedder.count_tokens, texts))
    print(f"embedding alone: {seconds:.1f} s for {len(texts):,} chunks, {tokens / seconds:,.0f} tokens/s")
    return seconds


def write_articles(folder: Path, articles: int, words: int) -> None:
    vocabulary = sorted(
        {word for path in DEMO.glob("*.md") for word in path.read_text("utf-8").split() if word.isalpha()}
    )
    source = random.Random(7)
    folder.mkdir()
    for number in range(articles):
        parts = [f"---\ntitle: Article {number} about {source.choice(vocabulary)}\naudience: public\n---\n"]
        for section in range(max(1, words // 120)):
            body = [source.choice(vocabulary) for _ in range(words // max(1, words // 120))]
            body[9::10] = [f"{word}." for word in body[9::10]]
            heading = f"## Section {section} on {source.choice(vocabulary)}"
            parts.append(f"{heading}\n\n{' '.join(body[:60])}\n\n{' '.join(body[60:])}\n")
        (folder / f"article-{number:04}.md").write_text("\n".join(parts), "utf-8")


def change(path: Path) -> None:
    """One sentence in one section."""
    text = path.read_text("utf-8")
    path.write_text(text + "\nThis sentence was added by the owner of the article.\n", "utf-8")


def show(what: str, report: IngestReport, seconds: float, reference_s: float) -> None:
    stages = ", ".join(f"{name} {taken:.3f}" for name, taken in report.seconds.items())
    print(f"{what}: {seconds:.3f} s, ratio {seconds / reference_s:.3f} ({stages})")
    chunks = f"{report.chunks:,} chunks: {report.embedded:,} embedded, {report.cached:,} known"
    print(f"  {report.accepted:,} documents, {chunks}")


def show_stale(root: Path, report: IngestReport) -> None:
    snapshots = FolderSnapshotStore(root / "data" / "snapshots")
    assert report.manifest is not None
    index = snapshots.open(report.manifest.snapshot_id)
    known = {document.document_id for document in index.documents()}
    stale = sum(index.chunk(row).document_id not in known for row in range(index.manifest.chunk_count))
    print(f"  changed: {report.diff.changed}, chunks in the snapshot {index.manifest.chunk_count:,}, stale {stale}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=1000)
    parser.add_argument("--words", type=int, default=600)
    parser.add_argument("--sessions", type=int, default=2, help="how many texts are embedded at the same time")
    parser.add_argument("--model-dir", type=Path, default=Path.home() / ".cache" / "frontdesk" / "models")
    return parser.parse_args()


if __name__ == "__main__":
    main()
