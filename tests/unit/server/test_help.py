"""The help pages: public documents for anybody, and not a word of the others."""

import re
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, replace
from html import unescape
from typing import Any

import pytest

from builders import a_release
from frontdesk.domain.errors import StoreUnavailableError
from frontdesk.domain.ids import DocumentId, TurnId
from frontdesk.domain.turn import Citation
from frontdesk.ingest.parsing.document import document_id
from frontdesk.server.pages.help.search import MAX_QUESTION_CHARS, clean_question
from frontdesk.server.wording import WORDING
from frontdesk.turn.serving import ServedRelease

ARTICLES = {
    "returns.md": """---
title: Returns
url: https://help.example/returns
reviewed: 2026-10-12
---
You can return **unused items** within 30 days of delivery.

## Refunds

The refund reaches your card within 5 working days. See [Delivery](https://help.example/shipping).

## Costs

| You send from | Label |
| --- | --- |
| Austria | free |
| <b onclick="x()">Spain</b> | 5 EUR |
""",
    "shipping.md": "---\ntitle: Delivery to Austria\nurl: https://help.example/shipping\n---\nDelivery costs 6.90 EUR.\n",
    "shipping-es.md": "---\ntitle: Delivery to Spain\n---\nDelivery costs 8.90 EUR. <script>alert(1)</script>\n",
    "shipping-it.md": "---\ntitle: Delivery to Italy\n---\nDelivery costs 9.90 EUR.\n",
    "devoluciones.md": "---\ntitle: Devoluciones\nlanguage: es\n---\nPuedes devolver los artículos en 30 días.\n",
    "members.md": "---\ntitle: Pine Club lounge\naudience: members\nurl: https://help.example/lounge\n---\nThe secret lounge has a piano.\n",
    "staff.md": "---\ntitle: Goodwill limits\naudience: staff\n---\nGoodwill up to 45 EUR needs no approval of a manager.\n",
}


def id_of(name: str) -> DocumentId:
    return document_id("articles", name)


@dataclass
class HelpDesk:
    """A desk whose release searches the articles above."""

    desk: Any

    async def get(self, path: str, **headers: str) -> str:
        response = await self.desk.client.get(path, headers=headers)
        assert response.status_code == 200, response.text
        return str(response.text)

    async def status(self, path: str) -> int:
        return int((await self.desk.client.get(path)).status_code)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> ServedRelease:
    return a_release(tmp_path_factory.mktemp("help"), articles=ARTICLES)


@pytest.fixture
async def pages(desk_with: Any, release: ServedRelease) -> AsyncIterator[HelpDesk]:
    async with desk_with() as desk:
        desk.app.releases.go_live(release)
        yield HelpDesk(desk)


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


async def test_lists_every_public_document_of_its_language_by_letter(pages: HelpDesk) -> None:
    page = await pages.get("/")
    index = words(page[page.index('<div class="index"') :])
    assert index.startswith("D Delivery to Delivery to Austria Delivery to Italy Delivery to Spain R Returns")
    assert f'href="/help/{id_of("returns.md")}"' in page
    assert "Devoluciones" not in page


async def test_speaks_the_browsers_language_and_shows_that_languages_documents(pages: HelpDesk) -> None:
    page = await pages.get("/", **{"accept-language": "es-MX,en;q=0.5"})
    assert '<html lang="es">' in page
    assert "Devoluciones" in page
    assert "Delivery to" not in page
    assert "lang=es" not in re.sub(r'<nav class="tools".*?</nav>', "", page, flags=re.DOTALL)


async def test_carries_the_language_that_was_asked_for_along(pages: HelpDesk) -> None:
    page = await pages.get("/?lang=es", **{"accept-language": "en"})
    assert f'href="/help/{id_of("devoluciones.md")}?lang=es"' in page
    assert '<input type="hidden" name="lang" value="es">' in page
    assert 'href="/chat?lang=es"' in page


async def test_shows_another_language_where_its_own_has_no_documents_and_says_so(pages: HelpDesk) -> None:
    page = await pages.get("/?lang=de")
    assert WORDING["de"]["help_fallback"] in page
    assert '<div class="index" lang="en">' in page


async def test_offers_the_assistants_questions_and_the_chat(pages: HelpDesk) -> None:
    page = await pages.get("/")
    question = pages.desk.app.releases.serving().content.profile.starters["en"][0]
    assert f'data-ask="{question}"' in unescape(page)
    assert "/help?q=" in page
    assert '<script type="module" src="/widget.js"></script>' in page
    assert '<frontdesk-chat lang="en"></frontdesk-chat>' in page


@pytest.mark.parametrize(
    "path", ["/", "/help?q=lounge piano goodwill approval", "/help?q=Pine+Club", "/help?q=45 EUR manager"]
)
async def test_says_nothing_of_documents_that_are_not_for_everybody(pages: HelpDesk, path: str) -> None:
    page = await pages.get(path)
    shown = words(re.sub(r'<h1.*?</h1>|value="[^"]*"|<title>.*?</title>|href="[^"]*"', "", page))
    for name in ("members.md", "staff.md"):
        assert id_of(name) not in page
    for secret in ("piano", "lounge", "Goodwill", "approval"):
        assert secret not in shown


@pytest.mark.parametrize("name", ["members.md", "staff.md", "nothing.md"])
async def test_a_document_that_is_not_public_is_as_absent_as_one_that_does_not_exist(
    pages: HelpDesk, name: str
) -> None:
    response = await pages.desk.client.get(f"/help/{id_of(name)}")
    absent = await pages.desk.client.get("/help/doc_0")
    assert response.status_code == absent.status_code == 404
    assert response.text.replace(id_of(name), "doc_0") == absent.text


@pytest.mark.parametrize("wanted", ["x", "doc_", "DOC_1", "doc_%2e%2e", "conv_1", "doc_" + "a" * 300])
async def test_nonsense_for_an_id_is_absent_too(pages: HelpDesk, wanted: str) -> None:
    assert await pages.status(f"/help/{wanted}") == 404


async def test_staff_get_no_more_on_a_public_page(pages: HelpDesk) -> None:
    response = await pages.desk.client.get(f"/help/{id_of('staff.md')}", headers=pages.desk.staff)
    assert response.status_code == 404
    page = await pages.get("/help?q=goodwill+approval", **pages.desk.staff)
    assert id_of("staff.md") not in page


async def test_no_public_page_leads_to_the_console(pages: HelpDesk) -> None:
    for path in ("/", "/help?q=refund", f"/help/{id_of('returns.md')}"):
        assert "/console" not in await pages.get(path)


async def test_finds_the_passage_and_leads_to_it(pages: HelpDesk) -> None:
    page = await pages.get("/help?q=When+does+the+refund+reach+my+card")
    first = page[page.index('<ol class="found">') :]
    assert first.index("Returns") < first.index("</li>")
    assert "<mark>refund</mark>" in first
    href = unescape(re.search(r'href="(/help/[^"]+)"', first)[1])  # type: ignore[index]
    opened = await pages.get(href.partition("#")[0])
    assert href.endswith("#quote")
    assert re.search(r'<p id="quote"><mark>The refund reaches your card within 5 working days\.</mark>', opened)


async def test_searches_from_the_first_page_too(pages: HelpDesk) -> None:
    assert '<ol class="found">' in await pages.get("/?q=refund")


async def test_says_when_nothing_is_found(pages: HelpDesk) -> None:
    page = await pages.get("/help?q=xylophone")
    assert "No page says anything about “xylophone”" in unescape(page)
    assert '<ol class="found">' not in page


async def test_an_empty_search_goes_back_to_all_pages(pages: HelpDesk) -> None:
    response = await pages.desk.client.get("/help?q=+%E2%80%AE+&lang=de")
    assert (response.status_code, response.headers["location"]) == (303, "/?lang=de")


@pytest.mark.parametrize(
    "question",
    ['"><script>alert(1)</script>', "a" * 5_000, "\u202eevil\x00", "refund " * 900, "{assistant} %s {0}", "🎒"],
)
async def test_any_question_is_answered_with_a_harmless_page(pages: HelpDesk, question: str) -> None:
    response = await pages.desk.client.get("/help", params={"q": question})
    assert response.status_code == 200
    assert "<script>alert" not in response.text
    assert "\u202e" not in response.text
    assert "\x00" not in response.text
    assert len(clean_question(question)) <= MAX_QUESTION_CHARS


async def test_draws_a_document_from_its_blocks(pages: HelpDesk) -> None:
    page = await pages.get(f"/help/{id_of('returns.md')}")
    assert "<h1" in page
    assert "<strong>unused items</strong>" in page
    assert '<h2 id="part-1">Refunds</h2>' in page
    assert '<a href="#part-2">Costs</a>' in page
    assert '<th scope="col">You send from</th>' in page
    assert "<td>Austria</td><td>free</td>" in page
    assert "Reviewed on 12 October 2026" in page
    assert 'href="https://help.example/returns"' in page
    assert "onclick" not in page


async def test_a_link_between_documents_stays_on_these_pages(pages: HelpDesk) -> None:
    page = await pages.get(f"/help/{id_of('returns.md')}?lang=en")
    assert f'<a href="/help/{id_of("shipping.md")}?lang=en">Delivery</a>' in page


async def test_says_the_day_of_review_as_its_language_does(pages: HelpDesk) -> None:
    assert "Revisado el 12 de octubre de 2026" in await pages.get(f"/help/{id_of('returns.md')}?lang=es")
    assert "Geprüft am 12. Oktober 2026" in await pages.get(f"/help/{id_of('returns.md')}?lang=de")


async def test_says_when_a_quote_is_not_there_any_more(pages: HelpDesk) -> None:
    page = await pages.get(f"/help/{id_of('returns.md')}?quote=within+ninety+days")
    assert WORDING["en"]["help_not_quoted"] in page
    assert "<mark>" not in page


async def test_puts_what_answers_cite_most_first(pages: HelpDesk, answer: Any) -> None:
    desk = pages.desk
    cited = {"returns.md": 2, "shipping.md": 1, "members.md": 5}

    def script(turn_id: TurnId) -> list[Any]:
        name = cited_names.pop()
        citation: Citation = replace(answer.citation, document_id=id_of(name))
        return [answer.completed(turn_id, citations=(citation,))]

    cited_names = [name for name, times in cited.items() for _ in range(times)]
    desk.turns.script = script
    conversation_id, headers = await desk.open_conversation()
    for number in range(len(cited_names)):
        assert (await desk.say(conversation_id, headers, "How?", key=str(number))).status_code == 200
    page = await pages.get("/")
    popular = words(page[page.index('<ul class="popular"') : page.index('<div class="index"')])
    assert popular.startswith("Returns You can return unused items within 30 days of delivery. Delivery to Austria")
    assert "Pine Club" not in popular


async def test_shows_its_pages_while_the_database_is_away(pages: HelpDesk) -> None:
    with suppress(StoreUnavailableError):
        await pages.desk.app.database.close()
    assert "Delivery to" in await pages.get("/")
    assert "Refunds" in await pages.get(f"/help/{id_of('returns.md')}")


async def test_explains_what_to_do_where_there_are_no_documents(desk: Any) -> None:
    page = (await desk.client.get("/")).text
    assert WORDING["en"]["help_empty"] in page
    assert "knowledge.yaml" in page


@pytest.mark.parametrize("path", ["/", "/help?q=refund", "/help/doc_0", "/help/{returns}?quote=30+days"])
async def test_public_pages_have_no_inline_code_and_load_nothing_from_elsewhere(pages: HelpDesk, path: str) -> None:
    response = await pages.desk.client.get(path.replace("{returns}", id_of("returns.md")))
    text = response.text
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", text)
    assert not re.findall(r'\bsrc="(?!/)', text)
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert response.headers["cache-control"] == "no-cache"
    assert {"Accept-Language", "Accept-Encoding"} <= set(re.split(r",\s*", response.headers["vary"]))
