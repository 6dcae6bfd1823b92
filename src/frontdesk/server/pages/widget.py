"""The widget as one script: its modules in the order of their dependence, without comments and spare blanks.

The modules in `static/widget/` keep to a few rules, and what breaks them is refused when the script is made:
an import is one line and renames nothing, no two modules use one name at their top, and every statement ends with
a semicolon.
"""

import gzip
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from string import ascii_letters, ascii_lowercase, hexdigits

from frontdesk.server.pages.statics import static_files

FOLDER = "widget/"
MAIN = "index.js"
_IMPORT = re.compile(r'^import (?:\{ \w+(?:, \w+)* \} from )?"\./([\w-]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?function|const|class)", re.MULTILINE)
_TOP = re.compile(r"^(?:export )?(?:async )?(?:function\*?|const|let|class) (\w+)", re.MULTILINE)
_FOREIGN = re.compile(r"^\s*(?:import|export)\b(?!\s*\()|\bimport\.meta\b", re.MULTILINE)
_COMPOUND = re.compile(r"^[a-z]+[A-Z]|^[A-Z_]{3,}$")
"""Names that are put together, or of constants: no text and no property is called so by chance."""
_PRIVATE = re.compile(r"\.#(\w+)")
_TOKEN = re.compile(
    r"""(?P<kept>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`"""
    r"""|(?<=[(=,:?&|!\[{;>])[ ]?/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*)"""
    r"""|(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<blank>\s+)""",
    re.DOTALL,
)
_CSS_BLANK = re.compile(r"\s*([{};,])\s*|(:)\s+|\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    content: bytes
    compressed: bytes
    digest: str


@cache
def widget_script() -> Script:
    """What `/widget.js` sends."""
    sources = {
        path.removeprefix(FOLDER): file.content.decode()
        for path, file in static_files().items()
        if path.startswith(FOLDER) and path.endswith(".js")
    }
    content = bundle(sources).encode()
    return Script(
        content=content,
        compressed=gzip.compress(content, 9, mtime=0),
        digest=hashlib.sha256(content).hexdigest()[:12],
    )


def bundle(sources: Mapping[str, str], main: str = MAIN) -> str:
    """The modules that `main` needs as one script, which runs as a module and as a plain script alike.

    Raises:
        ValueError: a module is missing, breaks a rule, or two have a name in common.
    """
    joined = join(sources, main)
    compounds = [name for name in _TOP.findall(joined) if _COMPOUND.search(name)]
    return f'(()=>{{"use strict";{_shorten_tops(_shorten(squeeze(joined)), compounds)}}})();\n'


def join(sources: Mapping[str, str], main: str = MAIN) -> str:
    """The modules that `main` needs, one below the other, each after those that it needs itself.

    Raises:
        ValueError: a module is missing, breaks a rule, or two have a name in common.
    """
    order: list[str] = []
    _visit(main, sources, order)
    parts = [_EXPORT.sub("", _IMPORT.sub("", sources[name])) for name in order]
    _check(order, parts)
    return "\n".join(parts)


def squeeze(source: str) -> str:
    """The same program without comments, and with blanks only where two words meet or a line may end a statement."""
    out: list[str] = []
    was_line = False
    position = 0
    for match in _TOKEN.finditer(source):
        _append(out, source[position : match.start()], was_line)
        was_line = was_line and match.start() == position
        position = match.end()
        if match["kept"] is not None:
            kept = match["kept"].lstrip(" ")
            _append(out, _squeeze_css(kept) if kept.startswith("`\n") else kept, was_line)
            was_line = False
        elif match["blank"]:
            was_line = True
    _append(out, source[position:], was_line)
    return "".join(out)


def _shorten(source: str) -> str:
    """Private names of classes become `#a`, `#b` and so on: nothing outside of them can know one."""
    names = [name for name in dict.fromkeys(_PRIVATE.findall(source)) if not set(name) <= set(hexdigits)]
    letters = (first + second for first in ("", *ascii_lowercase) for second in ascii_letters)
    short = dict(zip(names, letters, strict=False))
    return re.sub(rf"#({'|'.join(names) or '(?!)'})\b", lambda match: f"#{short[match[1]]}", source)


def _shorten_tops(source: str, names: Sequence[str]) -> str:
    """The given names of the modules' tops become `$a`, `$b` and so on.

    Raises:
        ValueError: one is the name of a property as well, where it must stay.
    """
    letters = (first + second for first in ("", *ascii_lowercase) for second in ascii_letters)
    for name, short in zip(names, letters, strict=False):
        if re.search(rf"[{{,]{name}[,}}:]", source):
            raise ValueError(f"{name} stands at the top and names a property too")
        source = re.sub(rf"(?<![\w$#])(?:(?<!\.)|(?<=\.\.\.)){name}\b", f"${short}", source)
    return source


def _append(out: list[str], text: str, was_blank: bool) -> None:
    if not text:
        return
    if was_blank and out and _is_word(out[-1][-1]) and _is_word(text[0]):
        out.append(" ")
    out.append(text)


def _is_word(character: str) -> bool:
    return character.isalnum() or character in "_$#"


def _squeeze_css(text: str) -> str:
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    squeezed = _CSS_BLANK.sub(lambda match: match[1] or match[2] or " ", text)
    return squeezed.replace(";}", "}").replace("` ", "`")


def _visit(name: str, sources: Mapping[str, str], order: list[str]) -> None:
    if name in order:
        return
    if name not in sources:
        raise ValueError(f"There is no module {name}")
    for other in _IMPORT.findall(sources[name]):
        _visit(other, sources, order)
    order.append(name)


def _check(order: list[str], parts: list[str]) -> None:
    owners: dict[str, str] = {}
    for name, part in zip(order, parts, strict=True):
        if wrong := _FOREIGN.search(part):
            raise ValueError(f"{name}: {wrong[0].strip()!r} cannot be put into one script")
        for top in _TOP.findall(part):
            if top in owners:
                raise ValueError(f"{top} stands at the top of both {owners[top]} and {name}")
            owners[top] = name
