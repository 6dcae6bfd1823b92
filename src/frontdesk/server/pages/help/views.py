"""What the templates of the help pages may use."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from frontdesk.domain.ids import DocumentId
from frontdesk.server.pages.demo import DemoView
from frontdesk.server.pages.help.search import FoundPage
from frontdesk.server.pages.help.shelf import IndexLetter
from frontdesk.server.pages.layout import Heading, Part


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageChoice:
    code: str
    name: str
    """In itself."""
    href: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """All that templates/help/base.html may use, as `page.frame`."""

    language: str
    title: str
    assistant: str
    organisation: str
    home: str
    search: str
    """Where the search form leads."""
    chat: str
    languages: Sequence[LanguageChoice]
    language_asked: str
    """To be carried by the search form; empty where the browser's choice holds."""
    question: str
    """What stands in the search field."""
    say: Callable[..., str]
    """The words for a key, with values for what they leave open."""
    demo: DemoView | None = None
    """Whom to try it as; None on a real desk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLink:
    href: str
    title: str
    excerpt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """A question to begin with."""

    text: str
    href: str
    """Leads to the search, for those without a script."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePage:
    """All that templates/help/home.html may use."""

    frame: Frame
    greeting: str
    """The assistant's."""
    starters: Sequence[Starter]
    popular: Sequence[PageLink]
    index: Sequence[IndexLetter]
    index_language: str
    is_fallback: bool
    """There are no documents in the page's language."""
    hrefs: Mapping[DocumentId, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundLink:
    page: FoundPage
    href: str
    language_name: str
    """Where it is not the page's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """All that templates/help/found.html may use."""

    frame: Frame
    found: Sequence[FoundLink]
    is_sure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentPage:
    """All that templates/help/document.html may use."""

    frame: Frame
    title: str
    language: str
    """Of the document."""
    parts: Sequence[Part]
    contents: Sequence[Heading]
    reviewed: str
    original: str
    """Where the organisation's own site has it; empty when nowhere."""
    is_quoted: bool
    """A passage is marked."""
    is_quote_gone: bool
    """One was asked for and is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsentPage:
    """All that templates/help/absent.html may use."""

    frame: Frame
