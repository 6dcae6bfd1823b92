"""Why a document cannot be published."""

from typing import Literal

from frontdesk.domain.errors import InputError

Reason = Literal["empty", "duplicate", "encoding", "format", "too_big", "front_matter", "injection", "unreadable"]


class UnfitDocumentError(InputError):
    """Ends the work on one document; the pipeline turns it into a `Quarantined`."""

    code = "unfit_document"

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}", reason=reason)
        self.reason = reason
        self.detail = detail
