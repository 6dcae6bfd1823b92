"""What every snapshot store promises, with and without vectors."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from frontdesk.adapters.index import FolderSnapshotStore
from frontdesk.domain.conversation import PUBLIC_ONLY, Audiences
from frontdesk.domain.errors import MalformedError, NotFoundError
from frontdesk.domain.ids import ChunkId, DocumentId, SnapshotId
from frontdesk.domain.knowledge import Chunk, Document, EmbeddedChunk, Ranking, SnapshotManifest
from frontdesk.ports.index import KnowledgeIndex, SnapshotStore
from frontdesk.text.hashing import content_hash
from frontdesk.text.tokens import stem

DIMENSION = 8
EVERYONE = Audiences(labels=frozenset({"public", "members", "staff", "customer:ada"}))
ARTICLES = [
    ("returns", "public", "en", "You may return unworn boots within 30 days.", "Refunds take five working days."),
    ("shipping", "public", "en", "Parcels to Norway take four days.", "Express delivery costs 12 euros."),
    ("lounge", "members", "en", "Members return anything within 90 days.", "The members' lounge serves coffee."),
    ("fraud", "staff", "en", "Staff check returns above 500 euros for fraud.", "Call the fraud desk."),
    ("ada", "customer:ada", "en", "Ada agreed to a late return of her boots.", "Her refund is on its way."),
    ("ruecksendung", "public", "de", "Wanderstiefel können Sie 30 Tage lang zurückschicken.", "Der Versand ist frei."),
    ("devoluciones", "public", "es", "Puede devolver las botas en 30 días.", "Los reembolsos tardan cinco días."),
    ("tuihuo", "public", "zh", "退货政策：三十天内可以退货。", "快递需要五天。"),
]


def a_document(name: str, audience: str, language: str, *texts: str) -> Document:
    text = "\n\n".join(texts)
    return Document(
        document_id=DocumentId(f"doc_{name}"),
        source="help",
        path=f"{language}/{name}.md",
        title=name.capitalize(),
        url=f"https://help.example/{name}",
        language=language,
        audience=audience,
        owner="support",
        reviewed=date(2024, 2, 29),
        text=text,
        content_hash=content_hash([name, audience, language, text]),
        fetched_at=datetime(2024, 3, 1, 12, tzinfo=UTC),
    )


def chunks_of(document: Document) -> list[Chunk]:
    start, found = 0, []
    for position, text in enumerate(document.text.split("\n\n")):
        found.append(
            Chunk(
                chunk_id=ChunkId(f"chunk_{document.document_id[4:]}_{position}"),
                document_id=document.document_id,
                position=position,
                breadcrumb=(document.title,),
                text=text,
                start=start,
                end=start + len(text),
                language=document.language,
                audience=document.audience,
                title=document.title,
                url=document.url,
                content_hash=content_hash([document.title, text]),
            )
        )
        start += len(text) + 2
    return found


def a_vector(text: str) -> Any:
    seed = int(content_hash([text])[:8], 16)
    vector = np.random.default_rng(seed).standard_normal(DIMENSION).astype(np.float32)
    return vector / np.linalg.norm(vector)


DOCUMENTS = [a_document(*article) for article in ARTICLES]
CHUNKS = [chunk for document in DOCUMENTS for chunk in chunks_of(document)]


@pytest.fixture(params=["with vectors", "without vectors"])
def embedder(request: pytest.FixtureRequest) -> str:
    return "test/8" if request.param == "with vectors" else ""


@pytest.fixture
def store(tmp_path: Path) -> FolderSnapshotStore:
    return FolderSnapshotStore(tmp_path / "snapshots")


Seal = Callable[..., SnapshotManifest]


@pytest.fixture
def seal(store: SnapshotStore, embedder: str) -> Seal:
    def sealing(
        documents: Sequence[Document] = DOCUMENTS, chunks: Sequence[Chunk] = CHUNKS, **changes: Any
    ) -> SnapshotManifest:
        embedded = [
            EmbeddedChunk(chunk=chunk, vector=a_vector(chunk.indexed_text) if embedder else None) for chunk in chunks
        ]
        arguments = {"embedder": embedder, "settings": {"chunk_tokens": 220}, "parent": None} | changes
        return store.seal(documents, embedded, **arguments)

    return sealing


@pytest.fixture
def index(store: SnapshotStore, seal: Seal) -> KnowledgeIndex:
    return store.open(seal().snapshot_id)


def texts(index: KnowledgeIndex, ranking: Ranking) -> list[str]:
    return [index.chunk(hit.row).text for hit in ranking]


def search(index: KnowledgeIndex, text: str, *, audiences: Audiences = PUBLIC_ONLY, language: str = "en") -> list[str]:
    return texts(index, index.lexical.search(text, audiences=audiences, language=language, limit=10))


class TestSealing:
    def test_says_what_is_in_it(self, seal: Seal, embedder: str) -> None:
        manifest = seal()
        assert manifest.snapshot_id.startswith("snap_")
        assert (manifest.chunk_count, manifest.document_count) == (16, 8)
        assert manifest.embedder == embedder
        assert manifest.dimension == (DIMENSION if embedder else 0)
        assert manifest.languages == {"de": 2, "en": 10, "es": 2, "zh": 2}
        assert manifest.audiences == {"customer:ada": 2, "members": 2, "public": 10, "staff": 2}
        assert manifest.settings == {"chunk_tokens": 220}
        assert manifest.files

    def test_the_same_content_is_the_same_snapshot_in_any_order(self, seal: Seal, store: FolderSnapshotStore) -> None:
        first = seal()
        assert seal(DOCUMENTS[::-1], CHUNKS[::-1]) == first
        refetched = [replace(document, fetched_at=datetime(2025, 1, 1, tzinfo=UTC)) for document in DOCUMENTS]
        assert seal(refetched) == first
        assert store.list_ids() == (first.snapshot_id,)

    @pytest.mark.parametrize(
        "changed",
        [
            replace(CHUNKS[0], audience="staff"),
            replace(CHUNKS[0], url="https://help.example/elsewhere"),
            replace(CHUNKS[0], text="You may return boots within 40 days.", content_hash="other"),
            replace(CHUNKS[0], language="de"),
        ],
    )
    def test_anything_a_customer_could_notice_makes_another_snapshot(self, seal: Seal, changed: Chunk) -> None:
        assert seal().snapshot_id != seal(chunks=[changed, *CHUNKS[1:]]).snapshot_id

    def test_other_settings_or_another_embedder_make_another_snapshot(self, seal: Seal, embedder: str) -> None:
        ids = {seal().snapshot_id, seal(settings={"chunk_tokens": 100}).snapshot_id}
        if embedder:
            ids.add(seal(embedder="test/other").snapshot_id)
        assert len(ids) == (3 if embedder else 2)

    def test_the_newest_is_the_latest(self, seal: Seal, store: FolderSnapshotStore) -> None:
        assert store.latest() is None
        first = seal()
        assert store.latest() == first.snapshot_id
        second = seal(DOCUMENTS[:1], CHUNKS[:2], parent=first.snapshot_id)
        assert store.latest() == second.snapshot_id
        assert second.parent == first.snapshot_id
        seal()
        assert store.latest() == first.snapshot_id
        store.make_latest(second.snapshot_id)
        assert store.latest() == second.snapshot_id

    def test_an_older_snapshot_goes_on_answering(self, seal: Seal, store: SnapshotStore) -> None:
        old = store.open(seal().snapshot_id)
        seal(DOCUMENTS[1:], CHUNKS[2:])
        assert search(old, "unworn boots")[0] == CHUNKS[0].text
        assert search(store.open(old.manifest.snapshot_id), "unworn boots")[0] == CHUNKS[0].text

    def test_an_empty_snapshot_can_be_sealed_and_asked(self, seal: Seal, store: SnapshotStore) -> None:
        index = store.open(seal([], []).snapshot_id)
        assert search(index, "anything", audiences=EVERYONE) == []
        assert index.documents() == ()
        assert index.inverse_frequency("boot") == pytest.approx(log(1 + 0.5 / 0.5))

    def test_refuses_what_does_not_fit_together(self, seal: Seal, store: SnapshotStore, embedder: str) -> None:
        with pytest.raises(MalformedError, match="repeated"):
            seal(chunks=[*CHUNKS, CHUNKS[0]])
        with pytest.raises(MalformedError, match="repeated"):
            seal([*DOCUMENTS, DOCUMENTS[0]])
        with pytest.raises(MalformedError, match="missing"):
            seal(DOCUMENTS[1:])
        assert store.latest() is None
        if embedder:
            bare = [EmbeddedChunk(chunk=CHUNKS[0], vector=None)]
            with pytest.raises(MalformedError, match="no vector"):
                store.seal(DOCUMENTS, bare, embedder=embedder, settings={}, parent=None)
            long = [EmbeddedChunk(chunk=CHUNKS[0], vector=np.ones(DIMENSION, np.float32))]
            with pytest.raises(MalformedError, match="unit length"):
                store.seal(DOCUMENTS, long, embedder=embedder, settings={}, parent=None)

    @pytest.mark.parametrize("name", ["snap_0", "snap_../../etc", "..", "", "snap_" + "a" * 300, "doc_1"])
    def test_does_not_find_what_is_not_there(self, store: SnapshotStore, seal: Seal, name: str) -> None:
        seal()
        with pytest.raises(NotFoundError):
            store.open(SnapshotId(name))


class TestRows:
    def test_gives_back_every_chunk_and_document_as_it_was(self, index: KnowledgeIndex) -> None:
        for chunk in CHUNKS:
            row = index.row_of(chunk.chunk_id)
            assert row is not None
            assert index.chunk(row) == chunk
        for document in DOCUMENTS:
            assert index.document(document.document_id) == document
        assert list(index.documents()) == sorted(DOCUMENTS, key=lambda document: document.path)

    def test_gives_a_documents_rows_in_its_own_order(self, index: KnowledgeIndex) -> None:
        for document in DOCUMENTS:
            rows = index.rows_of(document.document_id)
            assert [index.chunk(row).position for row in rows] == [0, 1]

    def test_knows_nothing_of_strange_ids(self, index: KnowledgeIndex) -> None:
        assert index.row_of(ChunkId("chunk_none")) is None
        assert index.document(DocumentId("doc_none")) is None
        assert index.rows_of(DocumentId("doc_none")) == ()
        with pytest.raises(IndexError):
            index.chunk(len(CHUNKS))
        with pytest.raises(IndexError):
            index.chunk(-1)

    def test_gives_a_rows_vector(self, index: KnowledgeIndex, embedder: str) -> None:
        vector = index.vector(3)
        if embedder:
            assert vector is not None
            assert np.array_equal(vector, a_vector(index.chunk(3).indexed_text))
        else:
            assert vector is None
            assert index.dense is None


class TestLexicalLeg:
    def test_finds_words_by_their_stem_best_first(self, index: KnowledgeIndex) -> None:
        ranking = index.lexical.search("returning a boot", audiences=PUBLIC_ONLY, language="en", limit=10)
        assert texts(index, ranking)[0] == CHUNKS[0].text
        assert [hit.score for hit in ranking] == sorted((hit.score for hit in ranking), reverse=True)
        assert len({hit.row for hit in ranking}) == len(ranking)

    def test_reads_each_language_by_its_own_rules(self, index: KnowledgeIndex) -> None:
        assert "Wanderstiefel" in search(index, "Wie schicke ich einen Wanderstiefel zurück?", language="de")[0]
        assert "devolver" in search(index, "¿Puedo devolver una bota?", language="es")[0]
        assert "退货" in search(index, "怎么退货", language="zh")[0]

    def test_finds_words_when_the_language_was_guessed_wrong(self, index: KnowledgeIndex) -> None:
        assert "Express" in search(index, "express deliveries", language="xx")[0]
        assert search(index, "parcels returned", language="de")
        assert "Wanderstiefel" in search(index, "Wanderstiefel", language="en")[0]

    @pytest.mark.parametrize("typed", ["exprss", "expresss", "exprees", "exrpess", "axpress"])
    def test_forgives_one_typing_mistake(self, index: KnowledgeIndex, typed: str) -> None:
        assert "Express" in search(index, typed)[0]

    @pytest.mark.parametrize("typed", ["expr", "esxprses", "31", "50", "coff"])
    def test_does_not_guess_beyond_one_mistake_or_at_numbers(self, index: KnowledgeIndex, typed: str) -> None:
        assert search(index, typed) == []

    def test_prefers_the_exact_word_to_a_corrected_one(self, index: KnowledgeIndex) -> None:
        exact = index.lexical.search("express", audiences=PUBLIC_ONLY, language="en", limit=1)[0]
        typed = index.lexical.search("exprees", audiences=PUBLIC_ONLY, language="en", limit=1)[0]
        assert typed.row == exact.row
        assert typed.score < exact.score

    def test_finds_by_what_means_the_same_a_little_less_surely(self, index: KnowledgeIndex) -> None:
        def best_score(text: str, *also: str) -> float:
            found = index.lexical.search(text, audiences=PUBLIC_ONLY, language="en", limit=1, also=also)
            return found[0].score if found else 0.0

        assert best_score("overnight") == 0.0
        assert 0.0 < best_score("overnight", "express") < best_score("express")
        assert best_score("express", "express") == best_score("express")
        assert best_score("overnight", "the of", "nowhere") == 0.0

    @pytest.mark.parametrize(("typed", "meant"), [("exprss", "express"), ("exrpess", "express"), ("retrun", "return")])
    def test_says_what_a_mistyped_word_was_meant_to_be(self, index: KnowledgeIndex, typed: str, meant: str) -> None:
        found = index.lexical.corrections(typed, audiences=PUBLIC_ONLY, language="en")
        assert stem(found[0], "en") == stem(meant, "en")

    @pytest.mark.parametrize("typed", ["express", "returned", "xyzzyq", "expr", "", "31st", "退货"])
    def test_corrects_no_word_that_it_has_and_none_that_is_far_from_all(
        self, index: KnowledgeIndex, typed: str
    ) -> None:
        assert list(index.lexical.corrections(typed, audiences=PUBLIC_ONLY, language="en")) == []

    def test_corrects_to_words_of_permitted_chunks_only(self, index: KnowledgeIndex) -> None:
        nobody = Audiences(labels=frozenset({"nobody"}))
        assert index.lexical.corrections("exprss", audiences=EVERYONE, language="en")
        assert list(index.lexical.corrections("exprss", audiences=nobody, language="en")) == []

    def test_finds_words_of_the_title(self, index: KnowledgeIndex) -> None:
        assert {CHUNKS[0].text, CHUNKS[1].text} <= set(search(index, "returns"))

    def test_finds_nothing_in_words_without_content(self, index: KnowledgeIndex) -> None:
        assert search(index, "what is the and of") == []

    @pytest.mark.parametrize(
        "text",
        [
            "",
            " ",
            'text:"boots AND',
            "((( OR ]] ~~ ^^9 \\",
            "*",
            "a:b:c +-!",
            "\x00\ud800",
            "'; DROP",
            "%s{}",
            "🙂" * 99,
        ],
    )
    def test_no_text_is_a_command(self, index: KnowledgeIndex, text: str) -> None:
        assert set(search(index, text)) <= {chunk.text for chunk in CHUNKS if chunk.audience == "public"}
        assert search(index, text + " unworn")[0] == CHUNKS[0].text

    def test_gives_at_most_what_was_asked_for(self, index: KnowledgeIndex) -> None:
        for limit in (0, 1, 2, 50):
            ranking = index.lexical.search("return boots days", audiences=EVERYONE, language="en", limit=limit)
            assert len(ranking) <= limit

    def test_tells_how_rare_a_stem_is(self, index: KnowledgeIndex) -> None:
        holders = sum("boot" in chunk.text.lower() for chunk in CHUNKS)
        expected = log(1 + (len(CHUNKS) - holders + 0.5) / (holders + 0.5))
        assert index.inverse_frequency(stem("boots", "en")) == pytest.approx(expected)
        assert index.inverse_frequency("nowhere") == pytest.approx(log(1 + (len(CHUNKS) + 0.5) / 0.5))


class TestDenseLeg:
    @pytest.fixture
    def embedder(self) -> str:
        return "test/8"

    def test_ranks_permitted_chunks_by_cosine(self, index: KnowledgeIndex) -> None:
        question = a_vector("some question")
        assert index.dense is not None
        ranking = index.dense.search(question, audiences=PUBLIC_ONLY, limit=4)
        public = [chunk for chunk in CHUNKS if chunk.audience == "public"]
        public.sort(key=lambda chunk: -float(a_vector(chunk.indexed_text) @ question))
        assert texts(index, ranking) == [chunk.text for chunk in public[:4]]
        assert ranking[0].score == pytest.approx(float(a_vector(public[0].indexed_text) @ question), abs=1e-6)

    def test_finds_a_chunk_by_its_own_vector(self, index: KnowledgeIndex) -> None:
        assert index.dense is not None
        hit = index.dense.search(a_vector(CHUNKS[5].indexed_text), audiences=EVERYONE, limit=1)[0]
        assert index.chunk(hit.row) == CHUNKS[5]

    def test_refuses_a_vector_of_another_model(self, index: KnowledgeIndex) -> None:
        assert index.dense is not None
        with pytest.raises(MalformedError):
            index.dense.search(np.ones(3, np.float32), audiences=EVERYONE, limit=1)


class TestPermission:
    @pytest.mark.parametrize("label", ["public", "members", "staff", "customer:ada", "customer:eve", "nobody"])
    def test_each_audience_sees_its_own_and_nothing_else(self, index: KnowledgeIndex, label: str) -> None:
        audiences = Audiences(labels=frozenset({label}))
        own = {chunk.text for chunk in CHUNKS if chunk.audience == label}
        everything = " ".join(chunk.indexed_text for chunk in CHUNKS if chunk.language == "en")
        assert set(search(index, everything, audiences=audiences)) <= own
        if index.dense is not None:
            found = index.dense.search(a_vector("any"), audiences=audiences, limit=100)
            assert set(texts(index, found)) == own

    def test_audiences_add_up(self, index: KnowledgeIndex) -> None:
        both = Audiences(labels=frozenset({"public", "staff"}))
        found = search(index, "return returns boots fraud refunds", audiences=both)
        assert any("fraud" in text for text in found)
        assert any("unworn" in text for text in found)
        assert not any("Ada" in text or "Members" in text for text in found)


class TestTakingDocumentsOut:
    RETURNS, LOUNGE = DOCUMENTS[0].document_id, DOCUMENTS[2].document_id

    def test_neither_leg_finds_anything_of_them(self, index: KnowledgeIndex) -> None:
        narrowed = index.without([self.RETURNS, self.LOUNGE])
        gone = {chunk.text for chunk in CHUNKS if chunk.document_id in (self.RETURNS, self.LOUNGE)}
        for chunk in CHUNKS:
            assert gone.isdisjoint(search(narrowed, chunk.text, audiences=EVERYONE, language=chunk.language))
            if narrowed.dense is not None:
                vector = a_vector(chunk.indexed_text)
                found = narrowed.dense.search(vector, audiences=EVERYONE, limit=len(CHUNKS))
                assert gone.isdisjoint(texts(narrowed, found))
                assert len(found) == len(CHUNKS) - len(gone)

    def test_what_remains_is_scored_as_before(self, index: KnowledgeIndex) -> None:
        narrowed = index.without([self.RETURNS])
        wanted: dict[str, Any] = {"audiences": EVERYONE, "language": "en", "limit": 50}
        before = {hit.row: hit.score for hit in index.lexical.search("return boots refund express", **wanted)}
        after = {hit.row: hit.score for hit in narrowed.lexical.search("return boots refund express", **wanted)}
        assert after == {row: score for row, score in before.items() if row not in index.rows_of(self.RETURNS)}
        assert narrowed.inverse_frequency(stem("boots", "en")) == index.inverse_frequency(stem("boots", "en"))

    def test_they_can_neither_be_read_nor_listed(self, index: KnowledgeIndex) -> None:
        narrowed = index.without([self.RETURNS])
        assert narrowed.document(self.RETURNS) is None
        assert narrowed.rows_of(self.RETURNS) == ()
        assert narrowed.row_of(CHUNKS[0].chunk_id) is None
        assert [one.document_id for one in narrowed.documents()] == [
            one.document_id for one in index.documents() if one.document_id != self.RETURNS
        ]
        assert narrowed.document(self.LOUNGE) == index.document(self.LOUNGE)
        assert narrowed.row_of(CHUNKS[2].chunk_id) == index.row_of(CHUNKS[2].chunk_id)

    def test_no_correction_betrays_their_words(self, index: KnowledgeIndex) -> None:
        wanted: dict[str, Any] = {"audiences": EVERYONE, "language": "en"}
        assert index.lexical.corrections("cofee", **wanted) == ("coffee",)
        assert index.without([self.LOUNGE]).lexical.corrections("cofee", **wanted) == ()

    def test_taking_out_goes_by_the_whole_snapshot_and_leaves_it_alone(self, index: KnowledgeIndex) -> None:
        narrowed = index.without([self.RETURNS])
        assert narrowed.whole is index
        assert narrowed.without([self.LOUNGE]).document(self.RETURNS) is not None
        assert narrowed.without([]) is index
        assert index.document(self.RETURNS) is not None
        assert search(index, "unworn boots")[0] == CHUNKS[0].text

    def test_a_document_that_it_does_not_have_changes_nothing(self, index: KnowledgeIndex) -> None:
        assert index.without([DocumentId("doc_elsewhere")]) is index

    def test_a_snapshot_of_which_all_is_taken_out_finds_nothing(self, index: KnowledgeIndex) -> None:
        bare = index.without([document.document_id for document in DOCUMENTS])
        assert search(bare, "return boots", audiences=EVERYONE) == []
        assert bare.documents() == ()
