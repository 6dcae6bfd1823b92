"""The pages: the customer's chat, the API's reference, and the files they use. Nothing comes from elsewhere."""

import hashlib
import json
import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from frontdesk.domain.errors import NotFoundError
from frontdesk.server.access import Access
from frontdesk.server.bodies import json_response
from frontdesk.server.edge import page_policy, parse_origins
from frontdesk.server.problems import PROBLEM_CODES
from frontdesk.server.routes import Operation, frontdesk_of
from frontdesk.server.wording import WORDING, choose_language

_PACKAGE = "frontdesk.server"


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
    version: str
    """Changes with the files, so that browsers fetch new ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferencePage:
    """All that templates/reference.html may use."""

    title: str
    version: str
    operations: Sequence[tuple[str, str, Mapping[str, Any]]]
    """Method, path and operation object, in the order of the routes."""
    schemas: Mapping[str, Any]
    problems: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class StaticFile:
    content: bytes
    media_type: str
    etag: str


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
        version=static_version(),
    )
    return _html(request, "chat.html", page)


async def reference_page(request: Request) -> Response:
    """The API's reference, from its own OpenAPI document."""
    document = request.app.openapi()
    operations = [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    page = ReferencePage(
        title=document["info"]["title"],
        version=static_version(),
        operations=operations,
        schemas=document["components"]["schemas"],
        problems=dict(sorted(PROBLEM_CODES.items())),
    )
    return _html(request, "reference.html", page)


async def openapi_document(request: Request) -> Response:
    """The OpenAPI 3.1 document of this API."""
    return json_response(request.app.openapi())


async def static_file(request: Request) -> Response:
    """A script, style or picture of the pages."""
    file = static_files().get(request.path_params["name"])
    if file is None:
        raise NotFoundError("There is no such file.")
    is_pinned = "v" in request.query_params
    headers = {
        "ETag": file.etag,
        "Cache-Control": "public, max-age=31536000, immutable" if is_pinned else "no-cache",
    }
    if request.headers.get("if-none-match") == file.etag:
        return Response(status_code=304, headers=headers)
    return Response(file.content, headers=headers, media_type=file.media_type)


@cache
def static_files() -> Mapping[str, StaticFile]:
    """Every file of the folder, read once."""
    found = {}
    for item in files(_PACKAGE).joinpath("static").iterdir():
        content = item.read_bytes()
        kind = mimetypes.guess_type(item.name)[0] or "application/octet-stream"
        found[item.name] = StaticFile(content, kind, f'"{hashlib.sha256(content).hexdigest()[:16]}"')
    return found


@cache
def static_version() -> str:
    digest = hashlib.sha256("".join(file.etag for _, file in sorted(static_files().items())).encode())
    return digest.hexdigest()[:12]


@cache
def templates() -> Environment:
    """Escapes everything, and refuses names that a page does not have."""
    return Environment(
        loader=PackageLoader(_PACKAGE, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _html(request: Request, template: str, page: ChatPage | ReferencePage) -> Response:
    text = templates().get_template(template).render(page=page)
    origins = parse_origins(frontdesk_of(request).settings.allowed_origins)
    headers = {"Content-Security-Policy": page_policy(origins), "Cache-Control": "no-cache"}
    return Response(text, headers=headers, media_type="text/html; charset=utf-8")


OPERATIONS = (
    Operation(method="GET", path="/", access=Access.PUBLIC, handler=chat_page, tag="Pages", is_listed=False),
    Operation(method="GET", path="/docs", access=Access.PUBLIC, handler=reference_page, tag="Pages", is_listed=False),
    Operation(
        method="GET", path="/openapi.json", access=Access.PUBLIC, handler=openapi_document, tag="Pages", is_listed=False
    ),
    Operation(
        method="GET", path="/static/{name}", access=Access.PUBLIC, handler=static_file, tag="Pages", is_listed=False
    ),
)
