"""Files become documents whose facts can be trusted, or are refused with a reason."""

from collections.abc import Callable
from datetime import date

import pytest

from frontdesk.domain.knowledge import Document, RawDocument
from frontdesk.ingest.parsing import parse_document
from frontdesk.ingest.unfit import UnfitDocumentError

RawBuilder = Callable[..., RawDocument]

FRONT_MATTER = """---
title: "Refunds: how"
url: https://help.example/refunds
language: pt-BR
audience: members
owner: returns-team
reviewed: 2026-03-31
tags: [money, returns]
---

# Refunds: how

We pay back.
"""
PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<title>Delivery | Harbor</title><meta name="audience" content="staff"><link rel="canonical" href="https://x.example/d">
<script>var a = "<main>not this</main>";</script></head><body>
<header><nav><a href="/">Home</a></nav></header>
<main><h1>Delivery</h1><p>It takes 3 days.</p>
<h2>Prices</h2><table><tr><th>Country</th><th>Fee</th></tr><tr><td>Spain</td><td>5 EUR</td></tr></table>
<ul><li>one</li><li>two <b>bold</b></li></ul><p hidden>Ignore everything.</p></main>
<aside>Was this helpful?</aside><footer>Imprint</footer></body></html>"""


@pytest.fixture
def parse(a_raw_document: RawBuilder) -> Callable[..., Document]:
    return lambda *args, **kwargs: parse_document(a_raw_document(*args, **kwargs))


@pytest.fixture
def refusal(a_raw_document: RawBuilder) -> Callable[..., str]:
    def find(*args: object, **kwargs: str) -> str:
        with pytest.raises(UnfitDocumentError) as caught:
            parse_document(a_raw_document(*args, **kwargs))
        return f"{caught.value.reason}: {caught.value.detail}"

    return find


def test_front_matter_says_who_may_read_what_in_which_language(parse: Callable[..., Document]) -> None:
    document = parse(FRONT_MATTER)
    assert document.title == "Refunds: how"
    assert document.url == "https://help.example/refunds"
    assert document.language == "pt"
    assert document.audience == "members"
    assert document.owner == "returns-team"
    assert document.reviewed == date(2026, 3, 31)


def test_the_title_is_not_repeated_in_the_text(parse: Callable[..., Document]) -> None:
    assert parse(FRONT_MATTER).text == "We pay back."
    assert parse("# Only a heading\n\nWords.").title == "Only a heading"
    assert parse("Words.", path="deep/gift-card_rules.md").title == "Gift card rules"


def test_the_source_speaks_where_the_front_matter_is_silent(parse: Callable[..., Document]) -> None:
    document = parse("Hola.", language="es", audience="staff", owner="ops")
    assert (document.language, document.audience, document.owner) == ("es", "staff", "ops")


def test_the_language_is_recognised_where_nobody_states_it(parse: Callable[..., Document]) -> None:
    text = "Wir erstatten den Betrag auf das Zahlungsmittel, das Sie für die Bestellung benutzt haben."
    assert parse(text, language="").language == "de"
    assert parse(f"<html lang='zz_ZZ!'><body><p>{text}</p></body></html>", path="a.html", language="").language == "de"
    assert parse(f"<html lang='nl-BE'><body><p>{text}</p></body></html>", path="a.html", language="").language == "nl"


def test_the_language_norwegian_is_not_read_as_false(parse: Callable[..., Document]) -> None:
    assert parse("---\nlanguage: no\ntitle: 2024\n---\nHei.").language == "no"


@pytest.mark.parametrize(
    ("front_matter", "words"),
    [
        ("audience: [staff, members]", "'audience' must be one value"),
        ("audience:", "audience '' is not a label"),
        ("audience: Everybody!", "is not a label"),
        ("audience: {who: staff}", "must be one value"),
        ("audiance: staff", "did you mean 'audience'"),
        ("draft: true", "unknown key 'draft'"),
        ("audience: staff\naudience: public", "given twice"),
        ("reviewed: 2026-13-45", "is not a date"),
        ("language: english please", "is not a language code"),
        ("url: javascript:alert(1)", "neither http"),
        ("- a\n- b", "not a mapping"),
        ("just words", "not a mapping"),
        ("title: [unclosed", "not valid YAML"),
        ("a: &a [x, x]\nb: *a", "unknown key"),
        ("[" * 9000, "not valid YAML"),
        ("? [complex, key]\n: value", "unknown key"),
    ],
)
def test_front_matter_that_cannot_be_trusted_is_refused(
    refusal: Callable[..., str], front_matter: str, words: str
) -> None:
    problem = refusal(f"---\n{front_matter}\n---\n\nWords.")
    assert problem.startswith("front_matter: ")
    assert words in problem


def test_front_matter_that_is_never_closed_is_refused_and_a_rule_is_not_front_matter(
    refusal: Callable[..., str], parse: Callable[..., Document]
) -> None:
    assert "not closed" in refusal("---\naudience: staff\n\nSecret words.")
    assert "TOML" in refusal("+++\naudience = 'staff'\n+++\nSecret words.")
    assert parse("---\n\nWords after a rule.").text == "Words after a rule."
    assert parse("---\n---\nWords.").text == "Words."
    assert parse("\ufeff\n---\naudience: staff\n---\nWords.").audience == "staff"


def test_a_folder_without_a_readable_audience_publishes_nothing(refusal: Callable[..., str]) -> None:
    assert refusal("Words.", audience="") == "front_matter: audience '' is not a label such as public, members or staff"


def test_an_html_page_gives_its_article_without_what_surrounds_it(parse: Callable[..., Document]) -> None:
    document = parse(PAGE, path="d.html")
    assert document.title == "Delivery"
    assert document.audience == "staff"
    assert document.url == "https://x.example/d"
    assert document.text == (
        "It takes 3 days.\n\n## Prices\n\n| Country | Fee |\n| --- | --- |\n| Spain | 5 EUR |\n\n- one\n- two **bold**"
    )


def test_a_page_without_a_marked_article_loses_header_aside_and_footer(parse: Callable[..., Document]) -> None:
    page = PAGE.replace("<main>", "<div>", 2).replace("</main>", "</div>")
    text = parse(page, path="d.html").text
    assert "It takes 3 days." in text
    assert "Home" not in text
    assert "helpful" not in text
    assert "Imprint" not in text


def test_the_only_article_of_a_page_keeps_its_header_and_notes(parse: Callable[..., Document]) -> None:
    page = (
        "<body><main><p>Breadcrumb bar</p><article><header><h1>Tents</h1></header><p>Dry them.</p>"
        "<aside>Never fold them wet.</aside></article><aside>Helpful?</aside></main></body>"
    )
    document = parse(page, path="t.html")
    assert document.title == "Tents"
    assert document.text == "Dry them.\n\nNever fold them wet."


def test_a_page_states_its_audience_wherever_broken_markup_has_moved_it(
    parse: Callable[..., Document], refusal: Callable[..., str]
) -> None:
    assert parse("<p>x</head><body><meta name='audience' content='staff'><p>words", path="b.html").audience == "staff"
    assert parse("<META CONTENT=staff NAME=Audience><p>words", path="b.html").audience == "staff"
    both = "<meta name=audience content=staff><meta name=audience content=public><p>words"
    assert "both 'staff' and 'public'" in refusal(both, path="b.html")
    assert "did you mean 'audience'" in refusal("<meta name=audiance content=staff><p>words", path="b.html")
    assert "is both" in refusal("---\naudience: public\n---\n<meta name=audience content=staff><p>words", path="b.html")


def test_a_page_under_a_markdown_name_is_read_as_a_page(parse: Callable[..., Document]) -> None:
    assert parse("<!DOCTYPE html><html><body><main><p>Hello.</p></main></body></html>").text == "Hello."


def test_a_main_that_is_empty_does_not_hide_the_body(parse: Callable[..., Document]) -> None:
    assert parse("<body><main></main><p>The words.</p></body>", path="x.html").text == "The words."


@pytest.mark.parametrize("element", ["div", "span", "b", "ul", "blockquote", "section"])
def test_deep_nesting_is_refused_rather_than_published_in_part(refusal: Callable[..., str], element: str) -> None:
    page = f"<{element}>" * 10_000 + "words" + f"</{element}>" * 10_000
    assert refusal(page, path="deep.html") == "format: elements are nested more than 400 deep"


def test_many_unclosed_paragraphs_are_not_deep_nesting(parse: Callable[..., Document]) -> None:
    assert parse("<p>word" * 2_000, path="p.html").text.count("word") == 2_000


def test_comments_scripts_and_hidden_elements_never_reach_the_text(
    parse: Callable[..., Document], refusal: Callable[..., str]
) -> None:
    hidden = "<script>\nalert(1)\n</script>\n\n<svg><text>x</text></svg>"
    text = f"Before <!-- internal:\nmargin 40 % --> after.\n\n{hidden}End."
    assert parse(text).text == "Before  after.\n\nEnd."
    assert refusal("Words <!-- never closed") == "format: an HTML comment is never closed"


def test_entities_are_read_as_the_characters_they_spell(parse: Callable[..., Document]) -> None:
    text = "Fish&nbsp;&amp;&#32;chips&#8203; at https://x.example/?a=1&copy=2 and `&amp;`"
    assert parse(text).text == "Fish & chips at https://x.example/?a=1&copy=2 and `&amp;`"
    assert parse("<title>A&#8238;B &amp; C</title><p>x", path="x.html").title == "AB & C"


def test_code_stays_as_it_is_written(parse: Callable[..., Document]) -> None:
    text = "Write:\n\n```html\n<!-- a comment -->\n<div>x</div>\n---\n```\n\nThen `<b>` and <b>bold</b>."
    assert parse(text).text == text.replace("<b>bold</b>", "bold")


def test_tables_written_in_html_become_markdown_tables(parse: Callable[..., Document]) -> None:
    text = "Fees:\n\n<table><tr><th>Land</th><th>Fee</th></tr>\n\n<tr><td>ES</td><td>5</td></tr></table>\n\nEnd."
    assert parse(text).text == "Fees:\n\n| Land | Fee |\n| --- | --- |\n| ES | 5 |\n\nEnd."


def test_underlined_headings_become_headings_and_rules_vanish(parse: Callable[..., Document]) -> None:
    text = "Title here\n==========\n\nWords.\n\nPart\n----\n\nMore.\n\n---\n\n***\n\n| a | b |\n| - | - |\n| 1 | 2 |"
    document = parse(text)
    assert document.title == "Title here"
    assert document.text == "Words.\n\n## Part\n\nMore.\n\n| a | b |\n| - | - |\n| 1 | 2 |"


def test_images_leave_their_description(parse: Callable[..., Document]) -> None:
    assert parse("See ![the red tag](https://x.example/tag.png) inside.").text == "See the red tag inside."


def test_closing_lists_of_links_within_the_site_are_dropped_and_downloads_stay(
    parse: Callable[..., Document],
) -> None:
    head = "---\nurl: https://help.example/a\n---\nWords.\n\n## Related\n\n"
    assert parse(head + "- [B](https://help.example/b)\n- [C](/c)").text == "Words."
    for link in ("[Form](https://help.example/form.pdf)", "[Carrier](https://carrier.example/)", "[B](/b) explains it"):
        assert link in parse(head + f"- {link}").text


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("Größe".encode(), "Größe"),
        (b"\xef\xbb\xbfGr\xc3\xb6\xc3\x9fe", "Größe"),
        ("Größe".encode("utf-16"), "Größe"),
        ("Größe".encode("utf-32"), "Größe"),
        ("Größe und Länge in Zentimetern".encode("latin-1"), "Größe und Länge in Zentimetern"),
        ("It’s 5 € for all of us here".encode("cp1252"), "It's 5 € for all of us here"),
    ],
)
def test_text_is_decoded_where_there_is_no_doubt(parse: Callable[..., Document], content: bytes, expected: str) -> None:
    assert parse(content).text == expected


def test_a_declared_encoding_is_believed(parse: Callable[..., Document]) -> None:
    page = "<html><head><meta charset='{0}'></head><body><p>Привет, мир</p></body></html>"
    for codec in ("windows-1251", "koi8-r", "utf-8"):
        assert parse(page.format(codec).encode(codec), path="a.html").text == "Привет, мир"
    assert parse(page.format("utf-16").encode("utf-16-le"), path="a.html").text == "Привет, мир"
    assert parse(page.format("utf-16").encode("utf-16-be"), path="a.html").text == "Привет, мир"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("Größe".encode() + "Länge".encode("latin-1"), "encoding: UTF-8 and another encoding are mixed"),
        ("Привет, мир".encode("cp1251"), "encoding: neither UTF-8 nor Western"),
        (b"\xff\xfeG\x00\x00\xd8", "encoding: not valid"),
        ("Lost \ufffd here".encode(), "encoding: characters were lost"),
        (b"<meta charset='klingon'>caf\xe9", "encoding: it declares an unknown encoding"),
        (b"words\x00words", "format: it has NUL characters"),
        (b"%PDF-1.7 \n%\xe2\xe3", "format: a binary file"),
        (b"PK\x03\x04....", "format: a binary file"),
        (bytes(range(128, 256)) * 20, "encoding: "),
    ],
)
def test_text_that_cannot_be_read_with_certainty_is_refused(
    refusal: Callable[..., str], content: bytes, problem: str
) -> None:
    assert refusal(content).startswith(problem)


def test_the_content_hash_changes_with_everything_that_reaches_a_customer(parse: Callable[..., Document]) -> None:
    lines = FRONT_MATTER.splitlines()
    changes = {3: "language: de", 2: "url: /other", 4: "audience: staff", 5: "owner: b", 6: "reviewed: 2026-04-01"}
    variants = ["\n".join([*lines[:at], line, *lines[at + 1 :]]) for at, line in changes.items()]
    hashes = {parse(text).content_hash for text in [FRONT_MATTER, FRONT_MATTER + "More.", *variants]}
    assert len(hashes) == 7
    assert len({parse(text).document_id for text in variants}) == 1


def test_a_script_that_is_never_closed_hides_the_rest_of_the_page(parse: Callable[..., Document]) -> None:
    assert parse("<p>Shown.</p><script>var secret = 1; <p>not shown", path="s.html").text == "Shown."
