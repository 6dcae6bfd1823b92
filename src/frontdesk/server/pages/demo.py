"""The choice that a demo's pages offer: whom to try it as."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fastapi import Request

from frontdesk.domain.localised import localised
from frontdesk.domain.release import AssistantContent
from frontdesk.server.routes import frontdesk_of

QUERY = "as"
"""Names the chosen customer in an address of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoChoice:
    name: str
    about: str
    href: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoView:
    """All that templates/demo.html may use, as `page.demo`."""

    name: str
    """Of the chosen customer; empty where the visitor is nobody."""
    choices: Sequence[DemoChoice]
    """The customers; being nobody is not among them."""
    nobody: str
    """Address of the page for nobody."""
    token: str
    """Signs the chat in; empty for nobody."""
    starters: Sequence[str]
    """What the chosen customer could say first."""
    phone: str = ""
    """Address of a page with the chosen customer's one-time codes; empty where there is none."""


def demo_of(request: Request, language: str, *, link: Callable[[str], str]) -> DemoView | None:
    """What a page of a demo offers; None on a real desk.

    Args:
        link: makes this page's address for a customer, or for nobody where it is given an empty text.
    """
    app = frontdesk_of(request)
    if app.demo is None:
        return None
    content = app.releases.serving().content
    default = content.profile.default_language
    chosen = app.demo.visitor(chosen_subject(request))
    return DemoView(
        name=chosen.name if chosen else "",
        choices=[
            DemoChoice(
                name=visitor.name,
                about=localised(visitor.about, language, default),
                href=link(visitor.subject),
                is_chosen=visitor is chosen,
            )
            for visitor in app.demo.visitors
        ],
        nobody=link(""),
        token=app.demo.sign_in(chosen) if chosen else "",
        phone=app.simulated.phone_of(chosen.subject) if chosen and _asks_for_codes(content) else "",
        starters=(chosen.starters.get(language) or chosen.starters.get(default) or ()) if chosen else (),
    )


def _asks_for_codes(content: AssistantContent) -> bool:
    operations = (operation.spec for source in content.connectors for operation in source.operations)
    return "stepped_up" in {*(one.needs for one in content.workflows), *(one.needs for one in operations)}


def chosen_subject(request: Request) -> str:
    """Whom the address names; empty where it names nobody, or where this is no demo."""
    demo = frontdesk_of(request).demo
    visitor = demo.visitor(request.query_params.get(QUERY, "")) if demo else None
    return visitor.subject if visitor else ""
