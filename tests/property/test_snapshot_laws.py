"""Laws of sealed snapshots: what goes in comes out, nobody sees what is not theirs, and carrying over changes nothing."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from frontdesk.adapters.index import FolderSnapshotStore, snapshots
from frontdesk.adapters.index.permission import Permission
from frontdesk.domain.conversation import Audiences
from frontdesk.domain.ids import ChunkId, DocumentId
from frontdesk.domain.knowledge import Chunk, Document, EmbeddedChunk
from frontdesk.ports.index import KnowledgeIndex

LABELS = ("public", "members", "staff", "customer:ada", "customer:eve")
DIMENSION = 6
FAST = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])

ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=60) | st.text(max_size=30)
WORDS = st.lists(
    st.sampled_from(["boot", "tent", "refund", "return", "parcel", "café", "退货", "30", "days", "Rückgabe"]),
    max_size=8,
)
TEXTS = WORDS.map(" ".join) | ANY_TEXT
AUDIENCES = st.sets(st.sampled_from([*LABELS, "nobody"]), min_size=1).map(
    lambda labels: Audiences(labels=frozenset(labels))
)


@pytest.fixture(autouse=True, scope="module")
def _no_flushing() -> Iterator[None]:
    """These laws are not about power cuts, and two dozen flushes a snapshot take most of their time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snapshots, "_flush", lambda path: None)
        yield


@st.composite
def contents(draw: st.DrawFn) -> tuple[list[Document], list[EmbeddedChunk]]:
    documents: list[Document] = []
    chunks: list[EmbeddedChunk] = []
    for number in range(draw(st.integers(1, 5))):
        audience, language = draw(st.sampled_from(LABELS)), draw(st.sampled_from(["en", "de", "zh", "xx"]))
        document = a_document(number, draw(ANY_TEXT), audience, language)
        documents.append(document)
        for position in range(draw(st.integers(0, 4))):
            chunk = a_chunk(document, position, draw(TEXTS), draw(st.sampled_from([audience, *LABELS])))
            chunks.append(EmbeddedChunk(chunk=chunk, vector=a_vector(draw(st.integers(0, 2**32 - 1)))))
    return documents, chunks


def a_document(number: int, title: str, audience: str, language: str) -> Document:
    return Document(
        document_id=DocumentId(f"doc_{number}"),
        source="help",
        path=f"{number}.md",
        title=title,
        url="",
        language=language,
        audience=audience,
        owner="",
        reviewed=None,
        text=title,
        content_hash=title,
        fetched_at=datetime(2024, 1, 1, tzinfo=UTC),
    )


def a_chunk(document: Document, position: int, text: str, audience: str) -> Chunk:
    return Chunk(
        chunk_id=ChunkId(f"chunk_{document.document_id}_{position}"),
        document_id=document.document_id,
        position=position,
        breadcrumb=(document.title,),
        text=text,
        start=0,
        end=len(text),
        language=document.language,
        audience=audience,
        title=document.title,
        url="",
        content_hash=text,
    )


def a_vector(seed: int) -> NDArray[np.float32]:
    vector = np.random.default_rng(seed).standard_normal(DIMENSION)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


@contextmanager
def sealed(documents: list[Document], chunks: list[EmbeddedChunk]) -> Iterator[KnowledgeIndex]:
    with tempfile.TemporaryDirectory() as folder:
        store = FolderSnapshotStore(Path(folder))
        manifest = store.seal(documents, chunks, embedder="test", settings={}, parent=None)
        yield store.open(manifest.snapshot_id)


@FAST
@given(contents())
def test_a_sealed_snapshot_reloads_equal(content: tuple[list[Document], list[EmbeddedChunk]]) -> None:
    documents, chunks = content
    with sealed(documents, chunks) as index:
        assert set(index.documents()) == set(documents)
        assert index.manifest.chunk_count == len(chunks)
        for item in chunks:
            row = index.row_of(item.chunk.chunk_id)
            assert row is not None
            assert index.chunk(row) == item.chunk
            assert row in index.rows_of(item.chunk.document_id)
            vector = index.vector(row)
            assert vector is not None
            assert item.vector is not None
            assert np.array_equal(vector, item.vector)


@FAST
@given(contents(), AUDIENCES, TEXTS, st.integers(0, 1000), st.integers(1, 30))
def test_neither_leg_gives_a_row_that_is_not_permitted(
    content: tuple[list[Document], list[EmbeddedChunk]], audiences: Audiences, text: str, seed: int, limit: int
) -> None:
    assert_permitted(*content, audiences, text, seed=seed, limit=limit)


def assert_permitted(
    documents: list[Document], chunks: list[EmbeddedChunk], audiences: Audiences, text: str, *, seed: int, limit: int
) -> None:
    with sealed(documents, chunks) as index:
        for language in ("en", "zh", "xx"):
            for hit in index.lexical.search(text, audiences=audiences, language=language, limit=limit):
                assert audiences.may_see(index.chunk(hit.row).audience)
        if index.dense is not None:
            hits = index.dense.search(a_vector(seed), audiences=audiences, limit=limit)
            assert all(audiences.may_see(index.chunk(hit.row).audience) for hit in hits)
            permitted = sum(audiences.may_see(item.chunk.audience) for item in chunks)
            assert len({hit.row for hit in hits}) == min(limit, permitted)


@FAST
@given(contents(), TEXTS, st.integers(0, 1000))
def test_what_others_may_see_changes_neither_order_nor_presence(
    content: tuple[list[Document], list[EmbeddedChunk]], text: str, seed: int
) -> None:
    """The permitted part of what a staff member finds is what the public finds: a filter, and no other ranking."""
    public, all_of_them = Audiences(labels=frozenset({"public"})), Audiences(labels=frozenset(LABELS))
    with sealed(*content) as index:
        for leg in ("lexical", "dense"):
            found = {}
            for audiences in (public, all_of_them):
                if leg == "lexical":
                    found[audiences] = index.lexical.search(text, audiences=audiences, language="en", limit=100)
                elif index.dense is not None:
                    found[audiences] = index.dense.search(a_vector(seed), audiences=audiences, limit=100)
            if found:
                filtered = [hit for hit in found[all_of_them] if index.chunk(hit.row).audience == "public"]
                assert [hit.row for hit in found[public]] == [hit.row for hit in filtered]


@FAST
@given(contents(), contents())
def test_carrying_over_from_a_parent_changes_no_byte(
    earlier: tuple[list[Document], list[EmbeddedChunk]], later: tuple[list[Document], list[EmbeddedChunk]]
) -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        plain, carrying = FolderSnapshotStore(Path(one)), FolderSnapshotStore(Path(two))
        parent = carrying.seal(*earlier, embedder="test", settings={}, parent=None)
        built = carrying.seal(*later, embedder="test", settings={"n": 2}, parent=parent.snapshot_id)
        fresh = plain.seal(*later, embedder="test", settings={"n": 2}, parent=None)
        assert built.snapshot_id == fresh.snapshot_id
        assert built.files == fresh.files


@FAST
@given(st.dictionaries(st.sampled_from(LABELS), st.integers(1, 9)), AUDIENCES)
def test_ranges_hold_exactly_the_permitted_rows(counts: dict[str, int], audiences: Audiences) -> None:
    owners = [label for label in sorted(counts) for _ in range(counts[label])]
    ranges = Permission(counts).ranges(audiences)
    rows = [row for start, end in ranges for row in range(start, end)]
    assert rows == [row for row, label in enumerate(owners) if audiences.may_see(label)]
    assert all(first[1] < second[0] for first, second in pairwise(ranges))


def test_the_laws_notice_a_filter_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard of the guard: with every range permitted, the check above must fail."""

    def everything(self: Permission, audiences: Audiences) -> tuple[tuple[int, int], ...]:
        return ((0, max((end for _, end in self._ranges.values()), default=0)),)

    document = a_document(1, "Fraud", "staff", "en")
    chunks = [EmbeddedChunk(chunk=a_chunk(document, 0, "fraud desk", "staff"), vector=a_vector(1))]
    public = Audiences(labels=frozenset({"public"}))
    assert_permitted([document], chunks, public, "fraud", seed=1, limit=5)
    monkeypatch.setattr(Permission, "_compute", everything)
    with pytest.raises(AssertionError):
        assert_permitted([document], chunks, public, "fraud", seed=1, limit=5)
    with pytest.raises(AssertionError):  # and on the dense leg alone
        assert_permitted([document], chunks, public, "nothing of it", seed=1, limit=5)


def test_a_snapshot_is_the_same_folder_on_every_machine(tmp_path: Path) -> None:
    document = a_document(1, "Boots", "public", "en")
    chunk = EmbeddedChunk(chunk=a_chunk(document, 0, "return the boot", "public"), vector=a_vector(1))
    seals = []
    for name in ("one", "two"):
        store = FolderSnapshotStore(tmp_path / name)
        manifest = store.seal([document], [chunk], embedder="test", settings={}, parent=None)
        seals.append(hashlib.sha256(repr(sorted(manifest.files.items())).encode()).hexdigest())
    assert seals[0] == seals[1]
