"""How likely an answer is not fully supported by the passages it was given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from frontdesk.domain.errors import MalformedError
from frontdesk.domain.ids import ChunkId, DocumentId
from frontdesk.domain.knowledge import Passage
from frontdesk.domain.release import GroundingSettings
from frontdesk.domain.turn import ClaimSupport
from frontdesk.ports.models import Embedder
from frontdesk.turn.grounding import Grounder

_DEFAULT_LANGUAGE = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundingRow:
    """One answer to be scored, checked."""

    row_id: str | int | None
    answer: str
    passages: tuple[Passage, ...]
    question: str
    language: str


class GroundingScorer:
    """Scores answers with the ruler of the live check.

    A whole answer is scored, so a reply that claims nothing is no better than one without support: it gets the
    risk of its words not being in the passages. On the live path such a reply is simply let through.
    """

    def __init__(self, embedder: Embedder | None, settings: GroundingSettings | None = None) -> None:
        self._grounder = Grounder(embedder, settings or GroundingSettings())

    def score_row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """One result: `id`, `score` (0 to 1, chance that the answer is not fully supported) and its `claims`.

        Raises:
            MalformedError: a field is missing or not what it must be; names it.
        """
        checked = parse_row(row)
        report = self._grounder.check_now(
            checked.answer, checked.passages, question=checked.question, language=checked.language, counts_talk=True
        )
        return {
            "id": checked.row_id,
            "score": round(report.risk, 6),
            "claims": [_claim(support) for support in report.claims],
        }


def parse_row(row: Mapping[str, Any]) -> GroundingRow:
    """The row, checked: `id`, `answer`, `context` or `passages`, and optionally `question`, `history`, `language`.

    Fields it does not know are ignored: rows often carry labels. Without a question the customer's last words of
    the history are it.

    Raises:
        MalformedError: a field is missing or not what it must be; names it.
    """
    if not isinstance(row, Mapping):
        raise MalformedError("a row must be an object", field="")
    row_id = row.get("id")
    if not isinstance(row_id, str | int | None) or isinstance(row_id, bool):
        raise MalformedError("id must be text or a whole number", field="id")
    language = _text(row, "language", default=_DEFAULT_LANGUAGE) or _DEFAULT_LANGUAGE
    return GroundingRow(
        row_id=row_id,
        answer=_text(row, "answer"),
        passages=_passages(row, language),
        question=_text(row, "question", default="") or _last_question(row),
        language=language,
    )


def _text(row: Mapping[str, Any], field: str, *, default: str | None = None, name: str = "") -> str:
    name = name or field
    value = row.get(field)
    if value is None:
        value = default
    if value is None:
        raise MalformedError(f"{name} is missing", field=name)
    if not isinstance(value, str):
        raise MalformedError(f"{name} must be text", field=name)
    return value


def _passages(row: Mapping[str, Any], language: str) -> tuple[Passage, ...]:
    given = row.get("passages")
    if given is None:
        return (_passage("context", _text(row, "context"), language),)
    if row.get("context") is not None:
        raise MalformedError("give context or passages, not both", field="passages")
    if not _is_list(given):
        raise MalformedError("passages must be a list", field="passages")
    return tuple(_one_passage(entry, place, language) for place, entry in enumerate(given))


def _one_passage(entry: object, place: int, language: str) -> Passage:
    name = f"passages[{place}]"
    if not isinstance(entry, Mapping):
        raise MalformedError(f"{name} must be an object with id and text", field=name)
    passage_id = entry.get("id", str(place))
    if not isinstance(passage_id, str | int) or isinstance(passage_id, bool):
        raise MalformedError(f"{name}.id must be text or a whole number", field=f"{name}.id")
    return _passage(str(passage_id), _text(entry, "text", name=f"{name}.text"), language)


def _last_question(row: Mapping[str, Any]) -> str:
    history = row.get("history")
    if history is None:
        return ""
    if not _is_list(history):
        raise MalformedError("history must be a list", field="history")
    asked = ""
    for place, entry in enumerate(history):
        name = f"history[{place}]"
        if not isinstance(entry, Mapping):
            raise MalformedError(f"{name} must be an object with speaker and text", field=name)
        text = _text(entry, "text", name=f"{name}.text")
        if entry.get("speaker", entry.get("role")) in ("user", "customer"):
            asked = text
    return asked


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _passage(passage_id: str, text: str, language: str) -> Passage:
    return Passage(
        chunk_id=ChunkId(passage_id),
        chunk_ids=(ChunkId(passage_id),),
        document_id=DocumentId(passage_id),
        title="",
        url="",
        breadcrumb=(),
        language=language,
        audience="public",
        text=text,
        start=0,
        score=0.0,
        lexical_score=None,
        dense_score=None,
    )


def _claim(support: ClaimSupport) -> dict[str, Any]:
    evidence = support.evidence
    return {
        "text": support.claim.text,
        "start": support.claim.start,
        "end": support.claim.end,
        "score": round(support.risk, 6),
        "contradictions": list(support.contradictions),
        "evidence": {"passage_id": str(evidence.chunk_id), "quote": evidence.quote} if evidence else None,
    }
