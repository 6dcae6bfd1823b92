"""One visit to the help pages: in which language, of which release, and how its addresses look."""

from dataclasses import dataclass, field
from urllib.parse import urlencode

from fastapi import Request
from starlette.datastructures import URL

from frontdesk.domain.ids import DocumentId
from frontdesk.server.pages.demo import QUERY, chosen_subject, demo_of
from frontdesk.server.pages.help.shelf import Shelf, shelf_of
from frontdesk.server.pages.help.views import Frame, LanguageChoice
from frontdesk.server.pages.layout import MARK
from frontdesk.server.routes import frontdesk_of
from frontdesk.server.wording import WORDING, choose_language
from frontdesk.turn.serving import ServedRelease

HELP = "/help"


@dataclass(frozen=True, slots=True)
class Visit:
    """A request with what every page made for it needs."""

    request: Request
    release: ServedRelease
    language: str
    asked: str
    """The language in the address; empty where there is none, or none that we speak."""
    shelf: Shelf = field(repr=False)
    guest: str = ""
    """The customer that a demo's visitor chose to be."""

    def link(self, path: str, anchor: str = "", **query: str) -> str:
        """An address of ours, in the language that was asked for."""
        kept = {"lang": self.asked, QUERY: self.guest}
        values = {name: value for name, value in {**query, **kept}.items() if value}
        return path + (f"?{urlencode(values)}" if values else "") + (f"#{anchor}" if anchor else "")

    def link_to(self, document_id: DocumentId, quote: str = "") -> str:
        """A document's address, at the quote where there is one."""
        return self.link(f"{HELP}/{document_id}", MARK if quote else "", quote=quote)

    def say(self, key: str, **values: object) -> str:
        """Words in the page's language."""
        profile = self.release.content.profile
        return WORDING[self.language][key].format(organisation=profile.organisation, assistant=profile.name, **values)

    def frame(self, title: str = "", question: str = "") -> Frame:
        profile = self.release.content.profile
        return Frame(
            language=self.language,
            title=f"{title} · {self.say('help_title')}" if title else self.say("help_title"),
            assistant=profile.name,
            organisation=profile.organisation,
            home=self.link("/"),
            search=HELP,
            chat=self.link("/chat"),
            languages=self._languages(),
            language_asked=self.asked,
            question=question,
            say=self.say,
            demo=demo_of(self.request, self.language, link=self._link_as),
        )

    def _link_as(self, subject: str) -> str:
        """This very page for another customer of the demo."""
        url = self.request.url.remove_query_params(QUERY)
        return _path(url.include_query_params(**{QUERY: subject}) if subject else url)

    def _languages(self) -> list[LanguageChoice]:
        spoken = [language for language in self.release.content.profile.languages if language in WORDING]
        here = self.request.url
        return [
            LanguageChoice(
                code=language,
                name=WORDING[language]["language_name"],
                href=_path(here.include_query_params(lang=language)),
                is_chosen=language == self.language,
            )
            for language in (spoken if len(spoken) > 1 else ())
        ]


def visit_of(request: Request) -> Visit:
    """Raises: UnavailableError: nothing is live yet."""
    release = frontdesk_of(request).releases.serving()
    profile = release.content.profile
    asked = request.query_params.get("lang", "")
    language = choose_language(
        asked,
        request.headers.get("accept-language", ""),
        among=profile.languages,
        default=profile.default_language,
    )
    is_heard = asked.partition("-")[0].lower() == language
    return Visit(
        request,
        release,
        language,
        language if is_heard else "",
        shelf_of(release.retriever.index),
        chosen_subject(request),
    )


def _path(url: URL) -> str:
    return f"{url.path}?{url.query}" if url.query else url.path
