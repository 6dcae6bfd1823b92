"""Files nobody would want to read: each is accepted or quarantined with a reason, quickly, and nothing crashes."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from frontdesk.domain.knowledge import Quarantined, RawDocument
from frontdesk.ingest.preparing import Recipe, prepare
from frontdesk.ingest.validation import Prepared

SLOWEST_S = 5.0
"""For files of 200 kB on a busy machine, where each takes less than a second; a quadratic step takes minutes."""
MEGA = 200_000

HORRORS: dict[str, tuple[bytes, str]] = {
    "zero-bytes.md": (b"", "empty"),
    "bom-only.md": (b"\xef\xbb\xbf", "empty"),
    "whitespace.md": (b" \n\t\n\r\n", "empty"),
    "invisible.md": ("\u200b\u2060\ufeff\u00ad".encode(), "empty"),
    "headings-only.md": (b"# A\n\n## B\n\n### C\n", "empty"),
    "rules-only.md": (b"---\n\n***\n\n___\n", "empty"),
    "image-only.md": (b"![](a.png)\n", "empty"),
    "nav-only.html": (b"<html><body><nav><a href='/'>Home</a></nav><script>x()</script></body></html>", "empty"),
    "hidden-only.html": (b"<p style='display:none'>secret words</p>", "empty"),
    "empty.html": (b"<html></html>", "empty"),
    "nul.md": (b"words\x00more", "format"),
    "elf.md": (b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00", "format"),
    "pdf.md": (b"%PDF-1.7\nwords", "format"),
    "random.md": (bytes((number * 7919) % 256 for number in range(4096)), "format"),
    "mixed.md": ("Größe ".encode() + "Länge".encode("cp1252"), "encoding"),
    "truncated-utf8.md": ("Größe".encode()[:-2] + b"\xc3", "encoding"),
    "surrogates.md": (b"words \xed\xa0\x80 words", "encoding"),
    "overlong.md": (b"words \xc0\xaf words", ""),
    "cyrillic-1251.md": ("Возврат в течение тридцати дней".encode("cp1251"), "encoding"),
    "list-front-matter.md": (b"---\n- a\n- b\n---\nWords.", "front_matter"),
    "bad-date.md": (b"---\nreviewed: 2026-13-45\n---\nWords.", "front_matter"),
    "tabs-front-matter.md": (b"---\ntitle:\t\tx\n\taudience: staff\n---\nWords.", "front_matter"),
    "bomb-front-matter.md": (
        b"---\na: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\ntitle: *c\n---\nWords.",
        "front_matter",
    ),
    "python-front-matter.md": (b"---\ntitle: !!python/object/apply:os.system [ls]\n---\nWords.", "front_matter"),
    "long-front-matter.md": (b"---\n" + b"tags: x\n" * 10_000 + b"---\nWords.", "front_matter"),
    "deep-divs.html": (b"<div>" * 10_000 + b"words" + b"</div>" * 10_000, "format"),
    "deep-lists.html": (b"<ul><li>" * 5_000 + b"words", "format"),
    "deep-tables.html": (b"<table><tr><td>" * 3_000 + b"words", "format"),
    "unclosed-tag.html": (b"<p>words <a href='x", ""),
    "unclosed-comment.html": (b"<p>words</p><!-- never", ""),
    "unclosed-quotes.html": (b'<a b="' * 100_000 + b"words", "empty"),
    "many-lt.html": (b"words " + b"<" * MEGA, ""),
    "many-comments.html": (b"words " + b"<!--" * (MEGA // 4), ""),
    "many-attributes.html": (b"<p " + b"a=1 " * (MEGA // 4) + b">words", ""),
    "many-scripts.html": (b"<script>" * (MEGA // 8) + b"words", "empty"),
    "many-entities.html": (b"words &amp;" * (MEGA // 11), ""),
    "entities.html": (b"<p>&#0;&#xD800;&#x110000;&nbsp;&lt;b&gt; words</p>", ""),
    "unclosed-fence.md": (b"```\nwords\n\n# Heading\n\nmore words", ""),
    "many-fences.md": (b"```x\n~~~~y\n" * (MEGA // 20), ""),
    "long-line.md": (b"word " * (MEGA // 5), ""),
    "long-word.md": (b"a" * MEGA, ""),
    "many-hashes.md": (b"#" * MEGA + b" x", ""),
    "many-headings.md": (b"# h\n" * (MEGA // 4), "empty"),
    "many-brackets.md": (b"[" * MEGA + b"words", ""),
    "many-images.md": (b"![" * (MEGA // 2) + b"words", ""),
    "many-pipes.md": (b"|" * MEGA + b"\nwords", ""),
    "many-delimiters.md": (b"| a |\n" + b"|-" * (MEGA // 2) + b"x", ""),
    "many-dashes.md": (b"words\n" + b"- " * (MEGA // 2), ""),
    "many-backticks.md": (b"`" * MEGA + b" words", ""),
    "many-lines.md": (b"\n" * MEGA + b"words", ""),
    "many-items.md": (b"- x\n" * (MEGA // 4), ""),
    "wide-table.md": (b"| a " * 1000 + b"|\n" + b"| - " * 1000 + b"|\n" + b"| words " * 1000 + b"|", ""),
    "many-tags.md": (b"<b " * (MEGA // 3) + b"words", ""),
    "emoji.md": ("🎒👩‍👩‍👧‍👦🇪🇸 tents 🏕️".encode(), ""),
    "rtl.md": ("# سياسة الإرجاع\n\nيمكنك إرجاع المنتج خلال ثلاثين يوما.".encode(), ""),
    "han.md": ("# 退货政策\n\n您可以在三十天内退货。".encode(), ""),
    "zalgo.md": (("w" + "\u0301" * 5000 + "ords").encode(), ""),
    "crlf.md": (b"---\r\ntitle: T\r\n---\r\n# T\r\n\r\nwords\r\n", ""),
    "old-mac.md": (b"# T\r\rwords\r", ""),
    "utf16.html": ("<html><body><p>words</p></body></html>".encode("utf-16"), ""),
}


def count_words(text: str) -> int:
    return len(text.split())


@pytest.mark.parametrize("name", sorted(HORRORS))
def test_a_horror_is_accepted_or_quarantined_with_its_reason(
    name: str, a_raw_document: Callable[..., RawDocument]
) -> None:
    content, reason = HORRORS[name]
    started = time.perf_counter()
    result = prepare(
        a_raw_document(content, name), Recipe(chunk_tokens=220, count_tokens=count_words, tokenizer="words")
    )
    assert time.perf_counter() - started < SLOWEST_S
    if reason:
        assert isinstance(result, Quarantined), result
        assert result.reason == reason, result.detail
        assert result.detail
    else:
        assert isinstance(result, Prepared), result
        assert all(chunk.text for chunk in result.chunks)


def test_a_folder_of_horrors_is_refused_as_a_whole_and_leaves_the_last_snapshot(desk: Any) -> None:
    first = desk.build({"a.md": "Words about returns.", "b.md": "Words about fees."})
    small = {name: content for name, (content, reason) in HORRORS.items() if len(content) < 10_000 and reason}
    report = desk.build({**small, "a.md": "Words about returns.", "b.md": "Words about fees."})
    assert "more than half" in report.refused
    assert desk.snapshots.latest() == first.manifest.snapshot_id
    assert len(report.quarantined) == len(small)
