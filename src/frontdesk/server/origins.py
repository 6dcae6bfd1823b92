"""Which websites may embed the chat."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from frontdesk.settings import Settings

FILE_ORIGIN = "null"
"""What browsers send for a page that was opened from a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingOrigins:
    """The websites that may use the conversation API from their pages; nobody else's scripts read its answers."""

    named: tuple[str, ...]
    """`https://shop.example` each; pages of these may also frame ours."""
    this_machine: bool = False
    """Whether pages on this machine may too, opened from a file or served on any of its ports."""

    def allow(self, origin: str) -> bool:
        return origin in self.named or (self.this_machine and _is_this_machine(origin))


def embedding_origins(settings: Settings) -> EmbeddingOrigins:
    """The origins that the settings name; where they name none and only this machine can reach the server, its own."""
    named = parse_origins(settings.allowed_origins)
    return EmbeddingOrigins(
        named=named, this_machine=not settings.allowed_origins.strip() and _is_loopback(settings.host)
    )


def parse_origins(setting: str) -> tuple[str, ...]:
    """The comma-separated origins, `https://shop.example` each; whatever is not an origin is left out."""
    found = (part.strip().rstrip("/") for part in setting.split(","))
    return tuple(part for part in found if _is_origin(part))


def _is_origin(text: str) -> bool:
    parts = urlsplit(text)
    is_bare = text == f"{parts.scheme}://{parts.netloc}"
    return parts.scheme in ("http", "https") and bool(parts.netloc) and is_bare and not set(text) & set(" ;'\"*")


def _is_this_machine(origin: str) -> bool:
    if origin == FILE_ORIGIN:
        return True
    try:
        return _is_origin(origin) and _is_loopback(urlsplit(origin).hostname or "")
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
