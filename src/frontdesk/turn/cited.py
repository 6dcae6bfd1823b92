"""What an answer cited, looked up later: the document as it was then, as far as the customer may still see it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from frontdesk.domain.conversation import Audiences
from frontdesk.domain.errors import NotFoundError
from frontdesk.domain.ids import ChunkId, ConversationId, DocumentId, SnapshotId, TurnId
from frontdesk.domain.knowledge import Chunk, Document
from frontdesk.domain.turn import Citation, TurnState
from frontdesk.ports.index import KnowledgeIndex
from frontdesk.ports.stores import Stores
from frontdesk.turn.said import find_turn, standing_sentences


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedSource:
    """A citation with what it was taken from."""

    citation: Citation
    document: Document | None
    """As it was when it was cited; None once it is withdrawn, or its snapshot is gone."""
    chunk: Chunk | None
    """The part that was found."""
    is_current: bool
    """Whether the document says the same today."""


def find_citation(stores: Stores, conversation_id: ConversationId, turn_id: TurnId, marker: str) -> Citation:
    """The citation with this marker, of a turn that the conversation knows of; also while it runs. A unit of work.

    Raises:
        NotFoundError: no such turn here, or no such marker in its answer.
    """
    turn = find_turn(stores, conversation_id, turn_id)
    if turn.state is TurnState.ENDED:
        cited: Sequence[Citation] = stores.citations.of_turn(turn_id)
    else:
        cited = _told_so_far(stores, conversation_id, turn_id)
    found = next((citation for citation in cited if citation.marker == marker), None)
    if found is None:
        raise _no_citation()
    return found


def look_up(
    citation: Citation, audiences: Audiences, *, then: KnowledgeIndex | None, now: KnowledgeIndex
) -> CitedSource:
    """The citation's source as this customer may see it now.

    Who may see a document is asked of both snapshots: it may have been closed to this customer since. What was
    withdrawn is not shown; the words that were quoted from it stay said.

    Args:
        then: the snapshot that was cited; None when it is gone.
    Raises:
        NotFoundError: the customer may not see the document any more.
    """
    document = then.document(citation.document_id) if then else None
    live = now.document(citation.document_id)
    if any(one is not None and not audiences.may_see(one.audience) for one in (document, live)):
        raise _no_citation()
    if live is None or document is None or then is None:
        return CitedSource(citation=citation, document=None, chunk=None, is_current=False)
    row = then.row_of(citation.chunk_id)
    return CitedSource(
        citation=citation,
        document=document,
        chunk=None if row is None else then.chunk(row),
        is_current=live.content_hash == document.content_hash,
    )


def _told_so_far(stores: Stores, conversation_id: ConversationId, turn_id: TurnId) -> list[Citation]:
    """Of the sentences of a running turn that stand."""
    told = standing_sentences(stores, conversation_id, turn_id)
    return [_to_citation(citation) for sentence in told for citation in json.loads(sentence.body)["citations"]]


def _to_citation(told: dict[str, str]) -> Citation:
    return Citation(
        marker=told["marker"],
        document_id=DocumentId(told["document_id"]),
        chunk_id=ChunkId(told["chunk_id"]),
        title=told["title"],
        url=told["url"],
        quote=told["quote"],
        snapshot_id=SnapshotId(told["snapshot_id"]),
    )


def _no_citation() -> NotFoundError:
    return NotFoundError("There is no such citation.", field="marker")
