"""Signing in and out: a staff key, or a link that holds for an hour, becomes a session of this browser.

The secret of a link stands behind the `#` of its address, which browsers keep to themselves: it is in no log. The page's
script sends it as a form; without a script the key is the way in.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from frontdesk.bootstrap import App
from frontdesk.domain.errors import PermissionDeniedError, UnauthenticatedError
from frontdesk.ports.stores import StaffSession, Stores
from frontdesk.server.access import (
    LINK_PREFIX,
    SESSION_COOKIE,
    SESSION_PREFIX,
    Access,
    Gate,
    hash_secret,
    is_from_own_page,
)
from frontdesk.server.bodies import read_form
from frontdesk.server.pages.rendering import CONSOLE_PREFIX, html
from frontdesk.server.problems import TooManyAttemptsError
from frontdesk.server.routes import Handler, Operation, frontdesk_of

SIGN_IN = f"{CONSOLE_PREFIX}/sign-in"
HOME = f"{CONSOLE_PREFIX}/conversations"
SESSION_HOURS = 12
_REMEMBERED = timedelta(days=7)
"""A cookie and its row outlive the session by this, so that a browser can be told that it has ended."""
_OWN_PAGE = re.compile(rf"{CONSOLE_PREFIX}(?:[/?][\x21-\x5b\x5d-\x7e]*)?\Z")
_MAX_SECRET_CHARS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPage:
    """All that templates/console/sign-in.html may use."""

    organisation: str
    home: str
    next: str
    """Where to go once signed in."""
    said: str
    """What happened before, such as a session that has ended; may be empty."""
    wrong: str
    """What is wrong with the key that was sent; may be empty."""


class LinkError(UnauthenticatedError):
    """A sign-in link is not valid, or no longer."""


async def sign_in_page(request: Request) -> Response:
    """The page that asks for a staff key, and takes a link."""
    said = ""
    if "ended" in request.query_params:
        said = f"Your session has ended: it lasts {SESSION_HOURS} hours. Sign in to go on where you were."
    elif "left" in request.query_params:
        said = "You are signed out."
    asked_for = f"{HOME}?tour=1" if "tour" in request.query_params else request.query_params.get("next", "")
    return _page(request, next_page=own_page(asked_for), said=said)


async def sign_in(request: Request) -> Response:
    """Open a session for whoever sends a staff key or the secret of a link."""
    if not is_from_own_page(request):
        raise PermissionDeniedError("The request came from a page of another website.")
    form = await read_form(request)
    next_page = own_page(form.get("next", ""))
    key, link = (form.get(name, "").strip()[:_MAX_SECRET_CHARS] for name in ("key", "link"))
    gate: Gate = request.app.state.gate
    try:
        name = await _link_name(request, link) if link else await gate.staff_name(request, key)
    except LinkError as error:
        return _page(request, next_page=next_page, said=error.public_message, status=401)
    except UnauthenticatedError:
        return _page(request, next_page=next_page, wrong=_what_is_wrong(key), status=401)
    except TooManyAttemptsError as error:
        wait_s = error.data["retry_after_s"]
        wrong = f"Too many wrong keys came from your address. Wait {wait_s} seconds, then try again."
        return _page(request, next_page=next_page, wrong=wrong, status=429, headers={"Retry-After": str(wait_s)})
    response = RedirectResponse(next_page, status_code=303)
    _set_cookie(request, response, await open_session(frontdesk_of(request), name))
    return response


async def sign_out(request: Request) -> Response:
    """End this browser's session."""
    digest = hash_secret(request.cookies.get(SESSION_COOKIE, ""))
    await frontdesk_of(request).database.write(lambda stores: stores.staff_sessions.remove(digest))
    response = RedirectResponse(f"{SIGN_IN}?left", status_code=303)
    response.delete_cookie(SESSION_COOKIE, path=CONSOLE_PREFIX)
    return response


async def home(_: Request) -> Response:
    """The console's first page."""
    return RedirectResponse(HOME, status_code=303)


async def open_session(app: App, name: str) -> str:
    """A new session for the holder of this staff key: the secret that its browser keeps."""
    token = f"{SESSION_PREFIX}{app.tokens.secret()}"
    digest, now = hash_secret(token), app.clock.now()

    def add(stores: Stores) -> None:
        stores.staff_sessions.remove_ended(before=now - _REMEMBERED)
        until = now + timedelta(hours=SESSION_HOURS)
        stores.staff_sessions.add(digest, name=name, kind="session", at=now, until=until)

    await app.database.write(add)
    return token


def own_page(address: str) -> str:
    """The address when it is one of the console's own pages, else the first of them."""
    is_fit = _OWN_PAGE.match(address) and not address.startswith(SIGN_IN)
    return address if is_fit else HOME


def sign_in_address(next_page: str, *, has_ended: bool) -> str:
    """Where somebody who is not signed in goes, to come back to `next_page` afterwards."""
    ended = "&ended" if has_ended else ""
    return f"{SIGN_IN}?next={quote(own_page(next_page), safe='/')}{ended}"


async def _link_name(request: Request, link: str) -> str:
    """Raises: LinkError, TooManyAttemptsError."""
    app, digest = frontdesk_of(request), hash_secret(link)
    found: StaffSession | None = None
    if link.startswith(LINK_PREFIX):
        found = await app.database.read(lambda stores: stores.staff_sessions.find(digest, kind="link"))
    if found is None:
        gate: Gate = request.app.state.gate
        gate.note_guess(request)
        raise LinkError("This sign-in link is not valid. Ask for a new one, or use a staff key.")
    if found.expires_at <= app.clock.now():
        raise LinkError("This sign-in link has expired: it holds for an hour. Ask for a new one, or use a staff key.")
    return found.name


def _what_is_wrong(key: str) -> str:
    return "This key is not valid. Look whether it was copied whole." if key else "Enter a staff key."


def _page(
    request: Request,
    *,
    next_page: str,
    said: str = "",
    wrong: str = "",
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    organisation = frontdesk_of(request).releases.serving().content.profile.organisation
    page = SignInPage(organisation=organisation, home="/", next=next_page, said=said, wrong=wrong)
    return html(request, "console/sign-in.html", page, status, headers)


def _set_cookie(request: Request, response: Response, token: str) -> None:
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=int((timedelta(hours=SESSION_HOURS) + _REMEMBERED).total_seconds()),
        path=CONSOLE_PREFIX,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def _operation(method: str, path: str, access: Access, handler: Handler) -> Operation:
    return Operation(method=method, path=path, access=access, handler=handler, tag="Console", is_listed=False)


OPERATIONS = (
    _operation("GET", SIGN_IN, Access.PUBLIC, sign_in_page),
    _operation("POST", SIGN_IN, Access.PUBLIC, sign_in),
    _operation("POST", f"{CONSOLE_PREFIX}/sign-out", Access.CONSOLE, sign_out),
    _operation("GET", CONSOLE_PREFIX, Access.CONSOLE, home),
)
