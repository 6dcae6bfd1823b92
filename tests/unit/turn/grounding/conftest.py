from collections.abc import Callable

import pytest

from frontdesk.domain.ids import ChunkId, DocumentId
from frontdesk.domain.knowledge import Passage
from frontdesk.domain.release import GroundingSettings
from frontdesk.turn.grounding import Grounder

MakePassage = Callable[..., Passage]


@pytest.fixture(scope="session")
def grounder() -> Grounder:
    return Grounder(None, GroundingSettings())


@pytest.fixture(scope="session")
def passage() -> MakePassage:
    def make(text: str, *, name: str = "chunk_1", title: str = "", language: str = "en") -> Passage:
        return Passage(
            chunk_id=ChunkId(name),
            chunk_ids=(ChunkId(name),),
            document_id=DocumentId("doc_1"),
            title=title,
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

    return make
