"""Documents: which files are some, what becomes of them, and which are kept back."""

import json
from pathlib import Path

import pytest

from frontdesk.domain.errors import MalformedError
from frontdesk.releases.prototype import Prototype, read_prototype
from prototypes import a_prototype


def _by_source(prototype: Prototype) -> dict[str, str]:
    return {document.source: document.text for document in prototype.documents}


def _reason(prototype: Prototype, source: str) -> str:
    return next(f"{item.reason} {item.todo}" for item in prototype.left_out if item.source == source)


def test_documents_keep_their_front_matter_and_say_where_they_came_from(tmp_path: Path) -> None:
    files = {"docs/fees.md": "---\nurl: /fees\ntags: [a, b]\n---\n\n# Fees\n\nTwo euros.\n"}

    text = _by_source(read_prototype(a_prototype(tmp_path, files)))["docs/fees.md"]

    assert text.startswith('---\n# taken over from docs/fees.md\ntitle: "Fees"\nurl: /fees\ntags: [a, b]\n---\n')
    assert text.endswith("# Fees\n\nTwo euros.\n")


def test_a_text_file_becomes_markdown_with_its_first_line_as_title(tmp_path: Path) -> None:
    files = {
        "docs/lost.txt": "Lost cards\n==========\n\nCall us at once.\n",
        "docs/late fees.txt": "Ten cents a day. No more.",
    }

    prototype = read_prototype(a_prototype(tmp_path, files))

    found = {document.target: document.text for document in prototype.documents}
    assert found["lost.md"] == '---\n# taken over from docs/lost.txt\ntitle: "Lost cards"\n---\n\nCall us at once.'
    assert 'title: "Late fees"' in found["late fees.md"]


def test_html_stays_as_it_is(tmp_path: Path) -> None:
    page = "<!doctype html><title>Routes</title><p>The lake route is flat.</p>"

    prototype = read_prototype(a_prototype(tmp_path, {"docs/routes.html": page}))

    assert _by_source(prototype)["docs/routes.html"] == page


def test_where_no_folder_is_for_documents_all_texts_are_some_but_those_of_the_project(tmp_path: Path) -> None:
    files = {
        "fees.md": "# Fees\n\nTwo euros.",
        "README.md": "# Our bot",
        "requirements.txt": "openai",
        "help me/a.txt": "Ask us.",
    }

    prototype = read_prototype(a_prototype(tmp_path, files, documents=False))

    assert [document.source for document in prototype.documents] == ["fees.md", "help me/a.txt"]


def test_where_there_is_a_folder_for_documents_others_are_named(tmp_path: Path) -> None:
    prototype = read_prototype(a_prototype(tmp_path, {"ideas.md": "# Ideas\n\nMore bikes."}))

    assert "documents are taken from docs/" in _reason(prototype, "ideas.md")


@pytest.mark.parametrize(
    ("name", "command"), [("a.pdf", "pdftotext"), ("b.docx", "pandoc"), ("c.xlsx", "CSV"), ("d.ipynb", ".py")]
)
def test_formats_that_are_not_read_are_named_with_what_to_do(tmp_path: Path, name: str, command: str) -> None:
    prototype = read_prototype(a_prototype(tmp_path, {f"docs/{name}": b"PK\x03\x04junk"}))

    assert command in _reason(prototype, f"docs/{name}")


def test_two_documents_never_share_a_name(tmp_path: Path) -> None:
    files = {"docs/fees.md": "# Fees\n\nTwo.", "docs/fees.txt": "Three euros.", "kb/FEES.md": "# Fees\n\nFour."}

    prototype = read_prototype(a_prototype(tmp_path, files, documents=False))

    targets = [document.target for document in prototype.documents]
    assert targets == ["fees.md", "fees-2.md", "FEES-3.md"]
    assert any("another document has its name" in change.what for change in prototype.changes)


@pytest.mark.parametrize(
    "line", ["audiance: staff", "visibility: internal", "draft: true", "roles: [staff]", "audience: Nur Personal"]
)
def test_a_document_that_may_not_be_for_everyone_is_not_taken(tmp_path: Path, line: str) -> None:
    prototype = read_prototype(a_prototype(tmp_path, {"docs/x.md": f"---\n{line}\n---\nColleagues pay less."}))

    assert "docs/x.md" not in _by_source(prototype)
    assert "audience: staff" in _reason(prototype, "docs/x.md")


@pytest.mark.parametrize(
    "line",
    ["draft: false", "visibility: public", "product_line: tools", "url: www.example.com", "reviewed: 31.12.2025"],
)
def test_front_matter_of_other_generators_is_mended(tmp_path: Path, line: str) -> None:
    prototype = read_prototype(a_prototype(tmp_path, {"docs/x.md": f"---\ntitle: X\n{line}\n---\nTools are free."}))

    text = _by_source(prototype)["docs/x.md"]
    assert 'title: "X"' in text
    assert line not in text
    assert any(change.source == "docs/x.md" and line.partition(":")[0] in change.what for change in prototype.changes)


def test_toml_front_matter_is_read(tmp_path: Path) -> None:
    prototype = read_prototype(
        a_prototype(tmp_path, {"docs/x.md": '+++\ntitle = "Fees"\ndraft = false\n+++\n\nTwo euros.'})
    )

    assert 'title: "Fees"' in _by_source(prototype)["docs/x.md"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x00\x01\x02\x03" * 100, "NUL"),
        (b"%PDF-1.4 \xe2\xe3", "binary"),
        (" \n\n", "empty"),
        ("a" * 2_000_001, "MB"),
        ("Our server's key: -----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAx7\n", "line 1"),
    ],
)
def test_what_cannot_be_a_document_is_left_out(tmp_path: Path, content: str | bytes, words: str) -> None:
    prototype = read_prototype(a_prototype(tmp_path, {"docs/x.txt": content}))

    assert words in _reason(prototype, "docs/x.txt")


def test_latin_letters_of_old_editors_are_read(tmp_path: Path) -> None:
    prototype = read_prototype(
        a_prototype(tmp_path, {"docs/x.txt": "Die Gebühr beträgt zwei Euro im Jahr.".encode("cp1252")})
    )

    assert "Gebühr" in _by_source(prototype)["docs/x.txt"]


def test_no_document_at_all_says_what_to_do(tmp_path: Path) -> None:
    folder = a_prototype(tmp_path, {"notes/a.pdf": b"%PDF-1.4", "bot.py": "def answer(question): ..."}, documents=False)

    with pytest.raises(MalformedError) as raised:
        read_prototype(folder)

    assert "holds no documents" in raised.value.public_message
    assert "notes/a.pdf" in raised.value.public_message
    assert "Nothing was written" in raised.value.public_message


def test_links_are_not_followed_and_circles_end(tmp_path: Path) -> None:
    folder = a_prototype(tmp_path, {})
    (tmp_path / "secret.md").write_text("# Secret")
    (folder / "docs" / "round").symlink_to(folder, target_is_directory=True)
    (folder / "docs" / "out.md").symlink_to(tmp_path / "secret.md")

    prototype = read_prototype(folder)

    assert [document.source for document in prototype.documents] == ["docs/returns.md"]
    assert {item.source for item in prototype.left_out} == {"docs/round", "docs/out.md"}


def test_hidden_files_and_installed_packages_are_passed_over(tmp_path: Path) -> None:
    files = {
        ".env": "KEY=1",
        "venv/lib/a.md": "# A",
        "node_modules/b/readme.md": "# B",
        ".git/c.md": "# C",
        "__pycache__/d.md": "d",
    }

    prototype = read_prototype(a_prototype(tmp_path, files))

    assert [document.source for document in prototype.documents] == ["docs/returns.md"]
    assert prototype.left_out == ()


def test_the_folder_to_be_written_is_not_read(tmp_path: Path) -> None:
    folder = a_prototype(tmp_path, {"assistant/knowledge/old.md": "# Old\n\nFormer text."})

    prototype = read_prototype(folder, without=folder / "assistant")

    assert [document.source for document in prototype.documents] == ["docs/returns.md"]


def test_rows_that_are_articles_become_documents(tmp_path: Path) -> None:
    rows = [
        {"title": "Late fees", "body": "Ten cents a day.", "url": "https://library.example/late"},
        {"title": "Opening: hours", "body": "<p>We open at 9.</p>", "status": "published"},
        {"title": "Salaries", "body": "Confidential.", "status": "internal"},
        {"title": "", "body": "Nameless."},
    ]

    prototype = read_prototype(
        a_prototype(tmp_path, {"data/articles.json": json.dumps({"articles": rows})}, documents=False)
    )

    assert [document.target for document in prototype.documents] == [
        "articles/late-fees.md",
        "articles/opening-hours.html",
    ]
    assert 'url: "https://library.example/late"' in prototype.documents[0].text
    assert {item.source for item in prototype.left_out} == {"data/articles.json:3", "data/articles.json:4"}


def test_a_faq_is_knowledge_and_no_log(tmp_path: Path) -> None:
    files = {"data/faq.csv": 'question,answer\nDo you lend films?,"Yes, three at a time."\n'}

    prototype = read_prototype(a_prototype(tmp_path, files, documents=False))

    assert "## Do you lend films?\n\nYes, three at a time." in prototype.documents[0].text
    assert prototype.questions == ()
