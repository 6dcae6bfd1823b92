"""Laws of the grounding check."""

from hypothesis import given, settings
from hypothesis import strategies as st

from frontdesk.domain.ids import ChunkId, DocumentId
from frontdesk.domain.knowledge import Passage
from frontdesk.domain.release import GroundingSettings
from frontdesk.text.sentences import split_sentences
from frontdesk.turn.grounding import Grounder

GROUNDER = Grounder(None, GroundingSettings())
PIECES = [
    "You",
    "can",
    "cannot",
    "return",
    "unused",
    "items",
    "within",
    "30",
    "days",
    "of",
    "delivery",
    ".",
    "Yes,",
    "No,",
    "#",
    "-",
    "|",
    "€",
    "4.90",
    "EUR",
    "Gift",
    "cards",
    "not",
    "free",
    "?",
    "[1]",
    "on",
    "3",
    "March",
    "2024",
    "Hamburg",
    "U4",
    "store",
    "http://x.y/1",
    "never",
    "Sorry,",
    "thanks!",
    "only",
    "unless",
    "è",
    "東京",
]
TEXTS = st.one_of(st.text(max_size=120), st.lists(st.sampled_from([*PIECES, "\n"]), max_size=40).map(" ".join))
LANGUAGES = st.sampled_from(["en", "es", "de", "xx"])


def a_passage(text: str, language: str) -> Passage:
    return Passage(
        chunk_id=ChunkId("chunk_1"),
        chunk_ids=(ChunkId("chunk_1"),),
        document_id=DocumentId("doc_1"),
        title="",
        url="",
        breadcrumb=(),
        language=language,
        audience="public",
        text=text,
        start=0,
        score=1.0,
        lexical_score=None,
        dense_score=None,
    )


@settings(max_examples=60, deadline=None)
@given(TEXTS, TEXTS, TEXTS, LANGUAGES)
def test_any_text_gives_risks_exact_claims_and_exact_quotes(text: str, body: str, question: str, language: str) -> None:
    passages = [a_passage(body, language)]
    report = GROUNDER.check_now(text, passages, question=question, language=language)
    assert 0.0 <= report.risk <= 1.0
    for support in report.claims:
        assert 0.0 <= support.risk <= 1.0
        assert text[support.claim.start : support.claim.end] == support.claim.text
        if support.evidence:
            assert body[support.evidence.start : support.evidence.end] == support.evidence.quote != ""


@settings(max_examples=60, deadline=None)
@given(TEXTS, LANGUAGES)
def test_every_sentence_of_a_passage_is_supported_by_it_when_no_other_denies_it(body: str, language: str) -> None:
    for span in split_sentences(body):
        sentence = body[span.start : span.end]
        report = GROUNDER.check_now(sentence, [a_passage(sentence, language)], question="", language=language)
        assert all(support.risk <= 0.02 for support in report.claims if not support.contradictions)


@settings(max_examples=40, deadline=None)
@given(st.lists(TEXTS, max_size=3), TEXTS)
def test_the_same_question_gets_the_same_report(bodies: list[str], text: str) -> None:
    passages = [a_passage(body, "en") for body in bodies]
    first = GROUNDER.check_now(text, passages, question="", language="en")
    assert first == GROUNDER.check_now(text, passages, question="", language="en")
