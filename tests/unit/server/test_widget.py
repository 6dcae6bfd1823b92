"""The chat as one script, and the page around it, without a browser."""

import gzip
import re
from typing import Any

import pytest

from frontdesk.server.pages.statics import static_files
from frontdesk.server.pages.widget import FOLDER, bundle, join, squeeze, widget_script

LIMIT_BYTES = 20_000


def _modules() -> dict[str, str]:
    files = static_files().items()
    return {path.removeprefix(FOLDER): file.content.decode() for path, file in files if path.startswith(FOLDER)}


def test_the_whole_chat_with_its_three_languages_is_under_twenty_kilobytes_compressed() -> None:
    assert len(gzip.compress(widget_script().content, 9)) < LIMIT_BYTES


def test_every_module_is_part_of_the_script() -> None:
    assert set(_modules()) == {name for name in _modules() if name.endswith(".js")}
    for name, source in _modules().items():
        tops = re.findall(r"^export (?:async )?(?:function|const|class) (\w+)", source, re.MULTILINE)
        assert all(re.search(rf"\b{top}\b", join(_modules())) for top in tops), name


def test_the_script_builds_no_markup_or_code_from_text_and_names_no_other_server() -> None:
    text = widget_script().content.decode()
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|\.style=|cssText", text
    )
    assert set(re.findall(r"https?://[\w.-]+", text)) == {"http://www.w3.org"}  # the name of SVG, which nobody fetches


@pytest.mark.parametrize(
    ("source", "squeezed"),
    [
        ("const a = 1;\n\nconst b = 2;\n", "const a=1;const b=2;"),
        ("// why\nif (a) return b; // so\n", "if(a)return b;"),
        ("/** long\n * text */\nf();", "f();"),
        ('const url = "https://x // y";', 'const url="https://x // y";'),
        ("const t = `two  words\nhere`;", "const t=`two  words\nhere`;"),
        ("text.replace(/a b\\/\\/ c/g, x);", "text.replace(/a b\\/\\/ c/g,x);"),
        ("const half = a / b / c;", "const half=a/b/c;"),
        ("for (const x of [1]) y(x in z);", "for(const x of[1])y(x in z);"),
        ("class A {\n  #b = 1;\n\n  static c = 2;\n}\n", "class A{#b=1;static c=2;}"),
        ("const css = `\na {\n  color : red; b: c;\n}\n`;", "const css=`a{color :red;b:c}`;"),
    ],
)
def test_squeezing_takes_out_comments_and_blanks_and_nothing_else(source: str, squeezed: str) -> None:
    assert squeeze(source) == squeezed


def test_modules_are_put_together_in_the_order_of_their_dependence() -> None:
    script = bundle({"index.js": 'import { b } from "./b.js";\nb();\n', "b.js": "export const b = () => {};\n"})
    assert script == '(()=>{"use strict";const b=()=>{};b();})();\n'


def test_names_of_the_modules_tops_become_short_and_properties_keep_theirs() -> None:
    source = "const ALL = [];\nconst isOpen = (box) => box.isOpen > [...ALL];\nfunction plain() {}\n"
    assert bundle({"index.js": source}) == (
        '(()=>{"use strict";const $a=[];const $b=(box)=>box.isOpen>[...$a];function plain(){}})();\n'
    )


@pytest.mark.parametrize(
    ("sources", "complaint"),
    [
        ({"index.js": 'import { b } from "./b.js";\n'}, "no module b.js"),
        ({"index.js": 'import { b as c } from "./b.js";\n', "b.js": ""}, "cannot be put into one script"),
        ({"index.js": "const here = import.meta.url;\n"}, "cannot be put into one script"),
        ({"index.js": 'import { b } from "./b.js";\nconst a = 1;\n', "b.js": "const a = 2;\n"}, "a stands at the top"),
        ({"index.js": "const isOpen = 1;\nf({ isOpen });\n"}, "isOpen stands at the top and names a property"),
    ],
)
def test_modules_that_break_a_rule_are_refused(sources: dict[str, str], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        bundle(sources)


async def test_any_website_may_load_the_script_and_caches_the_pinned_one_for_good(desk: Any) -> None:
    newest = await desk.client.get("/widget.js")
    assert newest.headers["access-control-allow-origin"] == "*"
    assert newest.headers["content-type"] == "text/javascript; charset=utf-8"
    assert newest.headers["cache-control"] == "public, max-age=300"
    pinned = await desk.client.get(f"/widget.js?v={widget_script().digest}")
    assert "immutable" in pinned.headers["cache-control"]
    old = await desk.client.get("/widget.js?v=000000000000")
    assert "immutable" not in old.headers["cache-control"]
    again = await desk.client.get("/widget.js", headers={"If-None-Match": newest.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_the_script_is_compressed_for_those_who_take_it(desk: Any) -> None:
    plain = await desk.client.get("/widget.js", headers={"Accept-Encoding": "identity"})
    packed = await desk.client.get("/widget.js", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert plain.content == packed.content == widget_script().content
    assert plain.headers["etag"] != packed.headers["etag"]


@pytest.mark.parametrize(("language", "title"), [("en", "Chat with"), ("es", "Chat con"), ("de", "Chat mit")])
async def test_the_chat_page_speaks_the_language_that_was_asked_for(desk: Any, language: str, title: str) -> None:
    page = (await desk.client.get(f"/chat?lang={language}")).text
    assert f'<html lang="{language}">' in page
    assert f'<frontdesk-chat mode="page" lang="{language}"' in page
    assert f"<title>{title}" in page
    assert "<noscript>" in page
