"""The assistant's own sentences around a workflow, in the customer's language."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from frontdesk.domain.localised import Localised, localised
from frontdesk.domain.workflow_texts import WorkflowTexts
from frontdesk.workflows.formats import write_list

General = Literal[
    "not_understood", "corrected", "already_done", "cancelled", "cancelled_after", "declined", "why", "why_confirm",
    "yes_or_no", "looked_again", "missing", "offer_person", "frustrated", "giving_up", "silent", "unsure_if_done",
    "undone", "not_undone", "unknown", "yes", "no",
]  # fmt: skip
_BUILT_IN = WorkflowTexts()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """Chooses a language once, for everything that is said in a turn."""

    language: str
    default_language: str
    texts: WorkflowTexts = field(default_factory=WorkflowTexts)
    """The assistant's own; languages that it leaves out keep the built-in words."""

    def of(self, texts: Localised) -> str:
        return localised(texts, self.language, self.default_language)

    def say(self, name: General) -> str:
        """A sentence without gaps."""
        return self._own(name)

    def invalid(self, why: str) -> str:
        """What is wrong with a value; the kinds of `InvalidSlot`."""
        return self._own(why)

    def examples(self, values: Sequence[str]) -> str:
        return self._own("for_example").replace("{values}", self.join(values)) if values else ""

    def which(self, titles: Sequence[str]) -> str:
        return self._own("which").replace("{values}", self.join(titles))

    def back_to(self, title: str) -> str:
        return self._own("back_to").replace("{title}", title)

    def expired(self, title: str) -> str:
        return self._own("expired").replace("{title}", title)

    def join(self, values: Sequence[str]) -> str:
        """What there is to choose from."""
        return write_list(list(values), self.language, is_choice=True)

    def _own(self, name: str) -> str:
        return self.of({**getattr(_BUILT_IN, name), **getattr(self.texts, name)})
