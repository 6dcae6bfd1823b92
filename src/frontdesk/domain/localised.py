"""Texts in several languages, and the channels they are said in."""

from collections.abc import Mapping
from typing import Literal

Localised = Mapping[str, str]
"""Text per ISO 639-1 language. A missing language falls back to the assistant's default."""
Channel = Literal["web_chat", "in_app", "voice", "email", "api"]


def localised(texts: Localised, language: str, default: str) -> str:
    """The text in the language, else in the default language, else in any, else empty."""
    return texts.get(language) or texts.get(default) or next(iter(texts.values()), "")
