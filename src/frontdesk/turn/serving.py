"""A release with everything it pins opened and ready."""

from dataclasses import dataclass

from frontdesk.domain.release import AssistantContent, Localised, ReleaseManifest, localised
from frontdesk.turn.generation import Generator, SideJobs
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

    def say(self, texts: Localised, language: str) -> str:
        """The text in the language, else in the assistant's default one."""
        return localised(texts, language, self.content.profile.default_language)
