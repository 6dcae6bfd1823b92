"""What a customer's file is, by its own bytes."""

import re
from dataclasses import dataclass

from frontdesk.domain.attachments import MAX_ATTACHMENT_BYTES, MEDIA_TYPES
from frontdesk.domain.errors import MalformedError, TooLargeError
from frontdesk.text.normalise import clean_text, visible_text
from frontdesk.turn.attachments.images import MAX_PIXELS, DamagedImageError, image_type, measure_image

MAX_TEXT_BYTES = 1_000_000
"""Of a text, which is read letter by letter: 0.6 s at worst."""
MAX_REPAIRED_CHARS = 60_000
"""Longest text whose wrongly decoded letters are put right; that takes 0.4 s at worst."""
_PDF = re.compile(rb"%PDF-\d\.\d")
_MARKUP = re.compile(
    r"\s*<\s*(?:[!?]|(?:html|head|body|title|svg|script|iframe|style|link|meta|object|embed|math)\b)", re.IGNORECASE
)
"""How a page or a drawing begins that a browser would run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFile:
    """A file that was looked at."""

    media_type: str
    body: bytes
    """The file itself: an image up to its end, text repaired."""
    width: int | None = None
    """Pixels; None where it is no image."""
    height: int | None = None


def read_file(body: bytes, media_type: str) -> ReadFile:
    """The file as it is kept; takes up to a second for the longest text, so it belongs into a thread.

    Args:
        media_type: what it is said to be, one of `MEDIA_TYPES`.
    Raises:
        MalformedError: it is empty, damaged, or of another kind than it is said to be.
        TooLargeError: too many bytes or pixels.
    """
    if not body:
        raise MalformedError("The file is empty.", field="body")
    limit = MAX_TEXT_BYTES if media_type == "text/plain" else MAX_ATTACHMENT_BYTES
    if len(body) > limit:
        raise TooLargeError(f"The file is over {limit} bytes.", field="body", limit=limit)
    if media_type == "text/plain":
        return _read_text(body)
    if kind_of(body) != media_type:
        raise MalformedError(f"The file is not what Content-Type says, {media_type}.", field="Content-Type")
    if media_type == "application/pdf":
        return ReadFile(media_type=media_type, body=body)
    return _read_image(body, media_type)


def kind_of(body: bytes) -> str | None:
    """The media type that the first bytes say; None for text and for anything else."""
    return image_type(body) or ("application/pdf" if _PDF.match(body) else None)


def _read_image(body: bytes, media_type: str) -> ReadFile:
    try:
        facts = measure_image(body, media_type)
    except DamagedImageError as error:
        raise MalformedError(f"The image is damaged: {error}.", field="body") from error
    if facts.width * facts.height > MAX_PIXELS:
        raise TooLargeError(f"The image has more than {MAX_PIXELS} pixels.", field="body", limit=MAX_PIXELS)
    return ReadFile(media_type=media_type, body=body[: facts.end], width=facts.width, height=facts.height)


def _read_text(body: bytes) -> ReadFile:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise MalformedError("The text is not in UTF-8.", field="body") from None
    cleaned = clean_text(text) if len(text) <= MAX_REPAIRED_CHARS else visible_text(text)
    repaired = cleaned.encode()
    if "\x00" in text or kind_of(repaired) is not None:
        raise MalformedError("The file is not what Content-Type says, text/plain.", field="Content-Type")
    if _MARKUP.match(cleaned):
        raise MalformedError(f"Pages and drawings are not taken, only {', '.join(MEDIA_TYPES)}.", field="body")
    if not repaired.strip():
        raise MalformedError("The file is empty.", field="body")
    return ReadFile(media_type="text/plain", body=repaired)
