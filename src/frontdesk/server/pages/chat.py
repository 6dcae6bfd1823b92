"""The customer's chat: as a page of its own, and as one script for any page."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import Response

from frontdesk.server.access import Access
from frontdesk.server.pages.demo import QUERY, DemoView, chosen_subject, demo_of
from frontdesk.server.pages.rendering import html
from frontdesk.server.pages.statics import accepts_gzip
from frontdesk.server.pages.widget import widget_script
from frontdesk.server.routes import Operation, frontdesk_of
from frontdesk.server.wording import WORDING, choose_language

_OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Vary": "Accept-Encoding",
}
"""Any page may load the script; which of them may talk to the desk is another matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatPage:
    """All that templates/chat.html may use."""

    language: str
    title: str
    organisation: str
    home: str
    home_label: str
    no_script: str
    script: str
    """Address of the widget, which changes with it."""
    say: Callable[..., str]
    """The words for a key, with values for what they leave open."""
    demo: DemoView | None
    """Whom to try it as; None on a real desk."""


async def chat_page(request: Request) -> Response:
    """The customer's chat."""
    profile = frontdesk_of(request).releases.serving().content.profile
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
        organisation=profile.organisation,
        home=_address("/", language, chosen_subject(request)),
        home_label=wording["help_home"],
        no_script=wording["no_script"],
        script=f"/widget.js?v={widget_script().digest}",
        say=lambda key, **values: wording[key].format(**values),
        demo=demo_of(request, language, link=lambda subject: _address("/chat", language, subject)),
    )
    return html(request, "chat.html", page)


def _address(path: str, language: str, subject: str) -> str:
    return f"{path}?{urlencode({'lang': language, **({QUERY: subject} if subject else {})})}"


async def widget(request: Request) -> Response:
    """The chat as one script. Named with its own digest it never changes; by its plain name it is the newest."""
    script = widget_script()
    is_compressed = accepts_gzip(request)
    is_pinned = request.query_params.get("v") == script.digest
    etag = f'"{script.digest}{"-gzip" if is_compressed else ""}"'
    caching = "public, max-age=31536000, immutable" if is_pinned else "public, max-age=300"
    headers = {**_OPEN, "ETag": etag, "Cache-Control": caching}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if is_compressed:
        headers["Content-Encoding"] = "gzip"
    content = script.compressed if is_compressed else script.content
    return Response(content, headers=headers, media_type="text/javascript; charset=utf-8")


OPERATIONS = (
    Operation(method="GET", path="/chat", access=Access.PUBLIC, handler=chat_page, tag="Pages", is_listed=False),
    Operation(method="GET", path="/widget.js", access=Access.PUBLIC, handler=widget, tag="Pages", is_listed=False),
)
