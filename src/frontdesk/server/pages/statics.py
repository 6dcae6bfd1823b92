"""Scripts, styles, fonts and pictures, read once and served from memory.

`/static/{version}/{path}` never changes: the version is a digest of all files, so that what one file loads with a
relative address has the same version. `/static/{path}` is the newest of it, for addresses that people write down.
"""

import gzip
import hashlib
import mimetypes
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from fastapi import Request
from fastapi.responses import Response

from frontdesk.domain.errors import NotFoundError
from frontdesk.server.access import Access
from frontdesk.server.routes import Operation

_PINNED = "public, max-age=31536000, immutable"
_NEWEST = "public, max-age=300"
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
"""The ones that matter, whatever the machine's own table says."""
_OPEN = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
"""A shop's page loads the chat's modules, styles and fonts from here."""
_VERSION_CHARS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticFile:
    content: bytes
    media_type: str
    digest: str

    @property
    def is_text(self) -> bool:
        return self.media_type.startswith(("text/", "image/svg+xml", "application/json"))


async def static_file(request: Request) -> Response:
    """A script, style, font or picture of the pages."""
    path, is_pinned = _asked(request.path_params["path"])
    file = static_files().get(path)
    if file is None:
        raise NotFoundError("There is no such file.")
    is_compressed = file.is_text and accepts_gzip(request)
    etag = f'"{file.digest}{"-gzip" if is_compressed else ""}"'
    headers = {**_OPEN, "ETag": etag, "Cache-Control": _PINNED if is_pinned else _NEWEST}
    if file.is_text:
        headers["Vary"] = "Accept-Encoding"
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if is_compressed:
        headers["Content-Encoding"] = "gzip"
    content = compressed(path) if is_compressed else file.content
    return Response(content, headers=headers, media_type=file.media_type)


def asset(path: str) -> str:
    """The pinned address of a file, for templates."""
    if path not in static_files():
        raise ValueError(f"There is no static file {path}")
    return f"/static/{static_version()}/{path}"


def has_asset(path: str) -> bool:
    """Whether a file is there; those below `vendor` are fetched and may be missing."""
    return path in static_files()


@cache
def static_files() -> Mapping[str, StaticFile]:
    """Every file below the folder by its path, read once."""
    return dict(_read(files("frontdesk.server").joinpath("static"), ""))


@cache
def static_version() -> str:
    parts = (f"{path}={file.digest}" for path, file in sorted(static_files().items()))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:_VERSION_CHARS]


@cache
def compressed(path: str) -> bytes:
    """The file as browsers get it."""
    return gzip.compress(static_files()[path].content, 9, mtime=0)


def accepts_gzip(request: Request) -> bool:
    """Whether the client takes gzip; one that refuses it with `q=0` does not."""
    for part in request.headers.get("accept-encoding", "").split(","):
        name, _, quality = part.strip().partition(";")
        if name.strip().lower() in ("gzip", "*"):
            return quality.replace(" ", "").lower() not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _asked(path: str) -> tuple[str, bool]:
    """The file's path, and whether the address names this very version of it.

    A page that was loaded before an update still names an older version; it is given the newest, and nobody keeps it.
    """
    version, _, rest = path.partition("/")
    if rest and len(version) == _VERSION_CHARS and set(version) <= set("0123456789abcdef"):
        return rest, version == static_version()
    return path, False


def _read(folder: Traversable, prefix: str) -> Iterator[tuple[str, StaticFile]]:
    for item in folder.iterdir():
        path = f"{prefix}{item.name}"
        if item.is_dir():
            yield from _read(item, f"{path}/")
        else:
            yield path, _load(item)


def _load(item: Traversable) -> StaticFile:
    content = item.read_bytes()
    ending = item.name[item.name.rfind(".") :]
    kind = _TYPES.get(ending) or mimetypes.guess_type(item.name)[0] or "application/octet-stream"
    return StaticFile(content=content, media_type=kind, digest=hashlib.sha256(content).hexdigest()[:16])


OPERATIONS = (
    Operation(
        method="GET",
        path="/static/{path:path}",
        access=Access.PUBLIC,
        handler=static_file,
        tag="Pages",
        is_listed=False,
    ),
)
