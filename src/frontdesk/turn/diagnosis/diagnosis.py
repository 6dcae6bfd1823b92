"""What is said of a turn to those who look into it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from frontdesk.domain.turn import Stage

Severity = Literal["fine", "notice", "problem"]
"""`fine`: as it was meant. `notice`: not answered, or not in full, for a reason that is by design. `problem`: something failed,
was withheld or blocked, or the customer disagreed."""

Cause = Literal[
    "under_way",
    "handed_over",
    "only_files",
    "guard_in_blocked",
    "rights_narrowed",
    "system_failed",
    "not_allowed",
    "workflow_handed_over",
    "workflow_moved",
    "routed_by_intent",
    "routed_by_topic",
    "offer_accepted",
    "nothing_asked",
    "search_failed",
    "nothing_found",
    "low_confidence",
    "models_failed",
    "vendor_filter",
    "empty_draft",
    "guard_out_blocked",
    "grounding_failed",
    "contradicted",
    "unsupported",
    "deadline",
    "gave_up",
    "stage_failed",
    "partly_withheld",
    "disputed",
    "disclaimed",
    "near_threshold",
    "medium_confidence",
    "fallback",
    "remembered",
    "answered",
]

CAUSES: Mapping[Cause, str] = {
    "under_way": "The turn has not ended.",
    "handed_over": "A person had the conversation, and the assistant was silent.",
    "only_files": "The message was files alone, which no stage reads.",
    "guard_in_blocked": "The guard blocked the message.",
    "rights_narrowed": "The guard took the customer's own rights away for this turn, and the public documents did not answer.",
    "system_failed": "Another system failed while a workflow needed it.",
    "not_allowed": "Something was asked for that the session may not do.",
    "workflow_handed_over": "A workflow brought a person in.",
    "workflow_moved": "A workflow asked, acted or answered as it is meant to.",
    "routed_by_intent": "The message was close to an example of an intent, whose road it took.",
    "routed_by_topic": "The message was close to an example of an uncovered topic, whose policy decided.",
    "offer_accepted": "The customer said yes to the offer of a person.",
    "nothing_asked": "The message named nothing that could be looked up.",
    "search_failed": "Neither leg of the search could run.",
    "nothing_found": "No document that the customer may see shares anything with the question.",
    "low_confidence": "Something was found, and it was too unlikely to answer the question.",
    "models_failed": "No model of the ladder gave a draft.",
    "vendor_filter": "The vendor's content filter refused to answer.",
    "empty_draft": "The model answered with nothing that could be said.",
    "guard_out_blocked": "The output guard stopped the answer.",
    "grounding_failed": "The check against the passages failed, so that nothing could be let through.",
    "contradicted": "Everything that was drafted contradicts the passages.",
    "unsupported": "Nothing that was drafted is carried by the passages.",
    "deadline": "The time for the turn was over.",
    "gave_up": "The turn changed hands too often.",
    "stage_failed": "A stage could not do its job.",
    "partly_withheld": "Part of the draft was withheld, the rest was answered.",
    "disputed": "Every check passed, and the customer rated the answer down.",
    "disclaimed": "The documents hardly answer, and the policy lets the assistant answer with a disclaimer.",
    "near_threshold": "A claim came close to being withheld.",
    "medium_confidence": "The search was less than sure that the passages answer.",
    "fallback": "The preferred model did not deliver, and a lower rung answered.",
    "remembered": "The same question had been answered before, and that answer was given again.",
    "answered": "Answered as it is meant to be.",
}
"""What each cause says."""
assert tuple(CAUSES) == get_args(Cause)  # noqa: S101 - two lists of one thing


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Why a turn ended as it did."""

    stage: Stage
    """The one that decided."""
    cause: Cause
    severity: Severity
    headline: str
    """One sentence."""
    detail: str = ""
    """With the numbers and words of this turn; a few sentences."""
    remedy: str = ""
    """Where to turn to change it."""
    also: tuple[str, ...] = ()
    """What else played a part, a sentence each."""
