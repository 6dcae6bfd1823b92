"""A release with everything it pins opened and ready."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from frontdesk.domain.ids import DocumentId
from frontdesk.domain.localised import Localised, localised
from frontdesk.domain.overlay import NOTHING_WITHDRAWN, Overlay
from frontdesk.domain.release import AssistantContent, ReleaseManifest
from frontdesk.domain.workflow import Workflow
from frontdesk.ports.connectors import Connector
from frontdesk.turn.acting.understands import Understands
from frontdesk.turn.cache import AnswerCache
from frontdesk.turn.generation import Generator, Rung, SideJobs
from frontdesk.turn.grounding import Grounder
from frontdesk.turn.guards import Guard
from frontdesk.turn.retrieval import Retriever
from frontdesk.turn.routing import Router


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedRelease:
    """What a turn is given; it asks for nothing else that could change its answer."""

    manifest: ReleaseManifest
    content: AssistantContent
    guard: Guard
    router: Router
    retriever: Retriever
    generator: Generator
    grounder: Grounder
    jobs: SideJobs
    rungs: tuple[Rung, ...] = ()
    """Every rung of its ladders."""
    overlay: Overlay = NOTHING_WITHDRAWN
    """What it is served without; `retriever` knows nothing of these documents."""
    newest_overlay: Callable[[], Overlay] = lambda: NOTHING_WITHDRAWN
    """What is withdrawn by now, for turns that began before."""
    cache: AnswerCache = field(default_factory=AnswerCache)
    """Answers of this release that may be given again; keeps none unless it is told to."""
    workflows: Mapping[str, Workflow] = field(default_factory=dict)
    """By name."""
    understanding: Understands | None = None
    """Who reads messages for them; None where there are none."""
    connectors: Mapping[str, Connector] = field(default_factory=dict)
    """Ways to other systems, by name."""

    def under(self, overlay: Overlay) -> Self:
        """The same release, served without what is withdrawn."""
        return replace(self, overlay=overlay, retriever=self.retriever.under(overlay.documents))

    def is_withdrawn(self, document_id: DocumentId) -> bool:
        """Whether a document may not be cited any more, also where that was decided since the turn began."""
        return self.newest_overlay().hides(document_id)

    def say(self, texts: Localised, language: str) -> str:
        """The text in the language, else in the assistant's default one."""
        return localised(texts, language, self.content.profile.default_language)
