"""The assistant as a chat shows it before anybody has written."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from frontdesk.domain.attachments import MAX_ATTACHMENT_BYTES, MAX_PER_MESSAGE, MEDIA_TYPES
from frontdesk.domain.errors import MalformedError
from frontdesk.domain.feedback import FeedbackReason
from frontdesk.domain.localised import Channel
from frontdesk.server.access import Access
from frontdesk.server.api.conversation_models import CHANNELS, LOCALE
from frontdesk.server.bodies import json_response
from frontdesk.server.routes import Operation, Parameter, frontdesk_of
from frontdesk.text.normalise import MAX_CHARS

MAX_STARTERS = 5


class AttachmentLimits(BaseModel):
    max_bytes: int = Field(description="Of one file.")
    max_per_message: int
    media_types: list[str]


class AssistantOut(BaseModel):
    name: str
    organisation: str
    locale: str
    languages: list[str] = Field(description="ISO 639-1 codes of the languages it has words for.")
    notice: str = Field(description="To be shown before the first answer: this is a machine.")
    greeting: str
    starters: list[str] = Field(description=f"Questions to offer before the first message; at most {MAX_STARTERS}.")
    streaming: Literal["confirmed", "provisional"] = Field(
        description="Whether this channel shows checked text only, or unconfirmed text too."
    )
    attachments: AttachmentLimits
    max_chars: int = Field(description="Longest message, in characters.")
    feedback_reasons: list[str] = Field(description="Codes that may go with a rating.")


async def read_assistant(request: Request) -> Response:
    """The assistant as it introduces itself.

    Its name, its words in the wanted language, the questions it offers, and the limits of what may be sent. A
    language it does not speak gets its default one.
    """
    release = frontdesk_of(request).releases.serving()
    profile = release.content.profile
    locale = _locale(request) or profile.default_language
    language = locale.partition("-")[0].lower()
    return json_response(
        {
            "name": profile.name,
            "organisation": profile.organisation,
            "locale": locale,
            "languages": profile.languages,
            "notice": release.say(profile.texts.notice, language),
            "greeting": release.say(profile.texts.greeting, language),
            "starters": _starters(profile.starters, language, profile.default_language),
            "streaming": profile.settings_of(_channel(request)).streaming,
            "attachments": {
                "max_bytes": MAX_ATTACHMENT_BYTES,
                "max_per_message": MAX_PER_MESSAGE,
                "media_types": MEDIA_TYPES,
            },
            "max_chars": MAX_CHARS,
            "feedback_reasons": [reason.value for reason in FeedbackReason],
        },
        headers={"Cache-Control": "no-cache"},
    )


def _starters(starters: Mapping[str, Sequence[str]], language: str, default: str) -> Sequence[str]:
    """Those of the language, else of the default one; another language's would be questions nobody asks."""
    return (starters.get(language) or starters.get(default) or ())[:MAX_STARTERS]


def _locale(request: Request) -> str:
    locale = request.query_params.get("locale", "")
    if locale and not re.fullmatch(LOCALE, locale):
        raise MalformedError("locale must be a language tag such as `de` or `pt-BR`.", field="locale")
    return locale


def _channel(request: Request) -> Channel:
    wanted = request.query_params.get("channel") or "web_chat"
    channel = next((one for one in CHANNELS if one == wanted), None)
    if channel is None:
        raise MalformedError(f"channel must be one of {', '.join(CHANNELS)}.", field="channel")
    return channel


_LOCALE = Parameter(
    name="locale", where="query", text="Language tag (BCP 47); the assistant's own where it is missing."
)
_CHANNEL = Parameter(name="channel", where="query", text=f"One of {', '.join(CHANNELS)}; web_chat by default.")

OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/assistant",
        access=Access.PUBLIC,
        handler=read_assistant,
        tag="Conversations",
        gives={200: AssistantOut},
        parameters=(_LOCALE, _CHANNEL),
        problems=(400, 503),
    ),
)
