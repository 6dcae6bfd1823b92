"""The customer's chat."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import Response

from frontdesk.server.access import Access
from frontdesk.server.pages.rendering import html
from frontdesk.server.routes import Operation, frontdesk_of
from frontdesk.server.wording import WORDING, choose_language


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatPage:
    """All that templates/chat.html may use."""

    language: str
    title: str
    assistant: str
    organisation: str
    notice: str
    greeting: str
    wording: Mapping[str, str]
    wording_json: str
    """For the script, as the value of an attribute."""


async def chat_page(request: Request) -> Response:
    """The customer's chat."""
    app = frontdesk_of(request)
    release = app.releases.serving()
    profile = release.content.profile
    language = choose_language(
        request.query_params.get("lang", ""),
        request.headers.get("accept-language", ""),
        among=profile.languages,
        default=profile.default_language,
    )
    wording = WORDING[language]
    page = ChatPage(
        language=language,
        title=wording["title"].format(organisation=profile.organisation),
        assistant=profile.name,
        organisation=profile.organisation,
        notice=release.say(profile.texts.notice, language),
        greeting=release.say(profile.texts.greeting, language),
        wording=wording,
        wording_json=json.dumps(wording, ensure_ascii=False),
    )
    return html(request, "chat.html", page)


OPERATIONS = (Operation(method="GET", path="/", access=Access.PUBLIC, handler=chat_page, tag="Pages", is_listed=False),)
