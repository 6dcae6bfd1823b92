"""Documents as blocks of plain text, and quotations marked in them."""

import re
from time import process_time

import pytest

from frontdesk.server.reading import Block, Run, find_quote, plain_text, read_blocks, to_json
from frontdesk.server.reading.structure import MAX_CHARS, read_parts

RETURNS = """# Returns *policy* ##

You can return **unused items** within [30 days](https://help.example/returns).

| What | Window |
| --- | --- |
| Sale items | 14 days |
| Gift `cards` | none \\| never |

1. Pack it.
   - Keep the *label*.
2. Send it.

> Open from nine
> to five.
"""


def marked(blocks: tuple[Block, ...]) -> str:
    runs = [run for block in blocks for run in (*block.runs, *(run for cell in block.cells for run in cell))]
    return " ".join(" ".join(run.text for run in runs if run.is_marked).split())


def shape(blocks: tuple[Block, ...]) -> list[tuple[str, int, str]]:
    return [
        (block.kind, block.level, " / ".join(map(plain_text, block.cells)) or plain_text(block.runs))
        for block in blocks
    ]


def test_reads_every_kind_of_block_in_order() -> None:
    assert shape(read_blocks(RETURNS + "\n```py\nx = 1 < 2\n```\n\n***\n")) == [
        ("heading", 1, "Returns policy"),
        ("paragraph", 0, "You can return unused items within 30 days."),
        ("row", 0, "What / Window"),
        ("row", 1, "Sale items / 14 days"),
        ("row", 1, "Gift cards / none | never"),
        ("item", 1, "Pack it."),
        ("item", 2, "Keep the label."),
        ("item", 1, "Send it."),
        ("quote", 0, "Open from nine to five."),
        ("code", 0, "x = 1 < 2"),
        ("rule", 0, ""),
    ]
    assert [block.marker for block in read_blocks(RETURNS) if block.kind == "item"] == ["1.", "•", "2."]


def test_every_block_knows_the_line_it_begins_on() -> None:
    for block in read_blocks(RETURNS):
        line = RETURNS[block.start :].split("\n", 1)[0]
        first = (block.runs or block.cells[0])[0].text.split()[0]
        assert first in line


def test_keeps_how_words_look_and_where_they_lead() -> None:
    paragraph = read_blocks("a **b _c_** `d*` [e **f**](https://x.example) <g@h.example> \\*i\\* &amp; j_k_l")[0]
    assert paragraph.runs == (
        Run(text="a "),
        Run(text="b ", is_strong=True),
        Run(text="c", is_strong=True, is_emphasis=True),
        Run(text=" "),
        Run(text="d*", is_code=True),
        Run(text=" "),
        Run(text="e ", href="https://x.example"),
        Run(text="f", href="https://x.example", is_strong=True),
        Run(text=" "),
        Run(text="g@h.example", href="mailto:g@h.example"),
        Run(text=" *i* & j_k_l"),
    )


def test_breaks_lines_only_where_the_author_did() -> None:
    assert plain_text(read_blocks("one\ntwo  \nthree\\\nfour")[0].runs) == "one two\nthree\nfour"


def test_html_is_text_like_any_other() -> None:
    (block,) = read_blocks('<script>alert(1)</script> <img src=x onerror="y">')
    assert block.runs == (Run(text='<script>alert(1)</script> <img src=x onerror="y">'),)


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "&#106;avascript:alert(1)",
        "data:text/html,x",
        "//evil.example/x",
        "/relative",
        "https://user:secret@evil.example",
        "https://",
        "https://[::1",
        "https://a.example:99999999",
        "https://a.example\\@evil.example",
        "https://a\u202eb.example",
        "mailto:not an address",
        "mailto:a@b.example,<script>",
        "file:///etc/passwd",
    ],
)
def test_a_link_to_anywhere_else_is_only_its_words(target: str) -> None:
    text = plain_text(read_blocks(f"[see](<{target}>) x")[0].runs)
    hrefs = {run.href for run in read_blocks(f"[see](<{target}>) x")[0].runs}
    assert hrefs == {""}
    assert text.endswith(" x")
    assert "see" in text


@pytest.mark.parametrize("target", ["https://a.example/x_(y)?z=1#q", "http://a.example:8080", "mailto:a@b.example"])
def test_a_link_to_a_website_or_mailbox_leads_there(target: str) -> None:
    assert read_blocks(f"[see]({target})")[0].runs == (Run(text="see", href=target),)


def test_links_may_be_defined_apart() -> None:
    blocks = read_blocks("See [our Page] and [that][our page].\n\n[our page]: https://a.example 'Title'\n")
    assert [run.href for run in blocks[0].runs] == ["", "https://a.example", "", "https://a.example", ""]
    assert len(blocks) == 1


def test_keeps_cells_beyond_those_of_the_head_and_fills_up_missing_ones() -> None:
    head, long, short = read_blocks("| a | b |\n| - | - |\n| 1 | 2 | 3 |\n| 4 |\n")
    assert [plain_text(cell) for cell in long.cells] == ["1", "2", "3"]
    assert [plain_text(cell) for cell in short.cells] == ["4", ""]
    assert head.level == 0
    assert long.level == 1


@pytest.mark.parametrize(
    "quote",
    [
        "You can return unused items within 30 days.",
        "Returns policy You can",
        "unused",
        "Sale items 14 days Gift cards",
        "none | never",
        "Pack it. Keep the label. Send it. Open from nine to five.",
        "the label. Send",
        "14 days",
    ],
)
def test_marks_a_quote_across_emphasis_links_cells_and_blocks(quote: str) -> None:
    place = find_quote(RETURNS, quote)
    assert place is not None
    assert re.sub(r"\W", "", marked(read_blocks(RETURNS, marked=place))) == re.sub(r"\W", "", quote)


def test_marks_nothing_but_the_quote() -> None:
    place = find_quote(RETURNS, "You can return **unused items** within [30 days](https://help.example/returns).")
    blocks = read_blocks(RETURNS, marked=place)
    assert marked(blocks[1:2]) == "You can return unused items within 30 days ."
    assert marked((blocks[0], *blocks[2:])) == ""


def test_finds_the_second_place_of_a_quote_where_the_first_is_left_out() -> None:
    text = "It is free. Later: it is free."
    assert find_quote(text, "is free") == (3, 10)
    assert find_quote(text, "is free", start=12) == (22, 29)
    assert find_quote(text, "is  free", start=12) == (22, 29)
    assert find_quote(text, "free", end=6) is None


def test_does_not_find_what_is_not_there() -> None:
    assert find_quote(RETURNS, "for ninety days") is None
    assert find_quote(RETURNS, "  ") is None
    assert find_quote(RETURNS, "|||!") is None


def test_what_lies_too_deep_is_shown_as_it_was_typed() -> None:
    blocks = read_blocks(">" * 400 + " still here\n\nafter")
    assert [
        plain_text(block.runs).endswith(words) for block, words in zip(blocks, ("still here", "after"), strict=True)
    ]


def test_a_very_long_document_is_shown_as_it_was_typed() -> None:
    text = "**first**\n\n" + "word " * (MAX_CHARS // 5)
    assert shape(read_blocks(text))[0] == ("paragraph", 0, "**first**")


def test_old_line_ends_move_no_mark() -> None:
    text = "one\r\n\r\ntwo **three**\r\n"
    assert marked(read_blocks(text, marked=find_quote(text, "three"))) == "three"


def test_a_quote_that_also_stands_in_the_target_of_a_link_is_found_where_it_is_read() -> None:
    text = "See [our page](https://shop.example/refunds). Then refunds follow."
    assert find_quote(text, "refunds") == (text.rindex("refunds"), text.rindex("refunds") + len("refunds"))
    assert marked(read_blocks(text, marked=find_quote(text, "refunds"))) == "refunds"


def test_blocks_become_json_with_what_is_true_of_them() -> None:
    block = read_blocks("- **a** b", marked=(4, 5))[0]
    assert to_json(block) == {
        "kind": "item",
        "level": 1,
        "marker": "•",
        "runs": [{"text": "a", "is_marked": True, "is_strong": True}, {"text": " b"}],
        "cells": [],
    }


@pytest.mark.parametrize(
    "piece",
    [
        "[", "*", "_", "`", "![", "[a](", '[a](b "', "**a ", "*a_ ", "***a_", "a**b_", "[[a]", "`a``b", "[a][", "&#1", "<a@b",
        "<http://", "\\", "> - ", "- ", "1. ", ">", "- a\n", "a|b\n-|-\n", "| a ", "[a]: b\n", '[a]: x "\n', "~~~\n", "#",
        "  \n- ", "a  \n", "- [ ] `a\n", "\0", "\r", "[a](b(", "[a](<b",
    ],
)  # fmt: skip
def test_nasty_text_takes_time_by_its_length_alone(piece: str) -> None:
    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        began = process_time()
        read_parts.__wrapped__(text)
        find_quote(text, "not there")
        return process_time() - began

    short, long = min(seconds(5_000) for _ in range(3)), min(seconds(100_000) for _ in range(2))
    assert long < 0.2 + 90 * short  # 20 times the text; four times that, and a pause, are the machine's
