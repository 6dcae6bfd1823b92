"""Which files are documents, and what they look like in an assistant folder."""

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from frontdesk.releases.prototype.front_matter import with_front_matter
from frontdesk.releases.prototype.keys import refuse_keys
from frontdesk.releases.prototype.text_files import read_text
from frontdesk.releases.prototype.values import FoundFile, LeftOut, NotTakenError, TakenDocument
from frontdesk.text.language import detect_language

_MARKDOWN = frozenset({".md", ".markdown"})
_HTML = frozenset({".html", ".htm"})
_TEXT = frozenset({".txt", ".text"})
_FOLDERS = frozenset({
    "article", "articles", "content", "contents", "corpus", "data", "doc", "docs", "document", "documents", "faq",
    "faqs", "guide", "guides", "help", "help_center", "helpcenter", "kb", "knowledge", "knowledge-base",
    "knowledge_base", "knowledgebase", "manual", "manuals", "pages", "policies", "sources", "support", "texts",
    "wiki",
})  # fmt: skip
_PROJECT = re.compile(
    r"(?:readme|licen[cs]e|copying|change(?:log|s)|history|contributing|authors|notice|security|code_of_conduct|todo|notes"
    r"|requirements|constraints|robots|agents|claude)\b",
    re.IGNORECASE,
)
_TRANSCRIPTS = frozenset({"chats", "conversations", "history", "log", "logs", "transcripts"})
_PANDOC = "Convert it with `pandoc FILE -t gfm -o FILE.md`, put that beside it, then run this again."
_UNREAD = {
    ".pdf": "Convert it with `pdftotext FILE FILE.txt`, put that beside it, then run this again.",
    ".ipynb": "Export the function to a .py file, and texts to Markdown.",
    ".xlsx": "Save the sheet as CSV.",
    ".xls": "Save the sheet as CSV.",
    ".ods": "Save the sheet as CSV.",
    ".mdx": "Rename it to .md, and take the components out.",
    **dict.fromkeys(
        (".doc", ".docx", ".odt", ".rtf", ".epub", ".rst", ".org", ".tex", ".adoc", ".ppt", ".pptx"), _PANDOC
    ),
    ".xml": "Convert it to Markdown, HTML or CSV.",
    ".js": "Let it speak OpenAI's API and name it in models.yaml with the adapter openai.",
    ".ts": "Let it speak OpenAI's API and name it in models.yaml with the adapter openai.",
}
_LONGEST_TITLE = 80
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\:*?\"<>|]+")


def choose_documents(files: Iterable[FoundFile]) -> tuple[list[FoundFile], list[LeftOut]]:
    """The files that are documents. Where there is a folder for them, it holds them all."""
    candidates = [file for file in files if file.ending in _MARKDOWN | _HTML | _TEXT]
    chosen = [file for file in candidates if _home(file)]
    left_out = [_transcript(file) for file in candidates if _TRANSCRIPTS & {*file.folders} and file not in chosen]
    others = [
        file for file in candidates if not (_home(file) or _PROJECT.match(file.stem) or _TRANSCRIPTS & {*file.folders})
    ]
    if not chosen:
        return others, left_out
    home = sorted({_home(file) for file in chosen})
    reason = f"documents are taken from {' and '.join(home)}"
    return chosen, left_out + [
        LeftOut(source=file.path, reason=reason, todo=f"Move it into {home[0]}.") for file in others
    ]


def unread(files: Iterable[FoundFile]) -> list[LeftOut]:
    """Files that may hold knowledge in a format that is not read."""
    return [
        LeftOut(source=file.path, reason=f"{file.ending} files are not read", todo=_UNREAD[file.ending])
        for file in files
        if file.ending in _UNREAD
    ]


def take_document(file: FoundFile) -> TakenDocument:
    """Raises: NotTakenError: it cannot be read, holds a key, or says that not everyone may see it."""
    text = read_text(file)
    if not re.search(r"\w", text):
        raise NotTakenError("the file is empty")
    refuse_keys(text)
    target = _target(file)
    if file.ending in _HTML:
        return TakenDocument(
            source=file.path, target=target, text=text, language=language_of(re.sub(r"<[^<>]*>", " ", text))
        )
    changes: tuple[str, ...] = ()
    title = ""
    if file.ending in _TEXT:
        title, text = _split_title(text)
        changes = ("became Markdown",)
        target = str(PurePosixPath(target).with_suffix(".md"))
    headed, dropped = with_front_matter(text, title=title or _title_of(text, file), source=file.path)
    return TakenDocument(
        source=file.path, target=target, text=headed, language=language_of(text), changes=changes + dropped
    )


def language_of(text: str) -> str:
    """ISO 639-1; empty where it is too short to tell."""
    return detect_language(text, default="")


def apart(documents: Sequence[TakenDocument]) -> list[TakenDocument]:
    """The same documents, no two under one name; upper and lower case do not tell names apart."""
    taken: set[str] = set()
    kept = []
    for document in documents:
        path, number = PurePosixPath(document.target), 1
        target = document.target
        while target.casefold() in taken:
            number += 1
            target = str(path.with_name(f"{path.stem}-{number}{path.suffix}"))
        taken.add(target.casefold())
        kept.append(_renamed(document, target))
    return kept


def _renamed(document: TakenDocument, target: str) -> TakenDocument:
    if target == document.target:
        return document
    changes = (*document.changes, f"is called {target}: another document has its name")
    return TakenDocument(
        source=document.source, target=target, text=document.text, language=document.language, changes=changes
    )


def _home(file: FoundFile) -> str:
    """The first of its folders that is called as folders of documents are; empty where none is."""
    parts = PurePosixPath(file.path).parts[:-1]
    place = next((number for number, part in enumerate(parts) if part.lower() in _FOLDERS), None)
    return "" if place is None else "/".join(parts[: place + 1]) + "/"


def _target(file: FoundFile) -> str:
    parts = PurePosixPath(file.path.removeprefix(_home(file))).parts
    return "/".join(_UNSAFE.sub("-", part).lstrip(".") or "document" for part in parts)


def _transcript(file: FoundFile) -> LeftOut:
    return LeftOut(
        source=file.path,
        reason="it lies among logs, and logs are read as CSV or JSON lines",
        todo="Export questions and answers as CSV with the columns question and answer.",
    )


def _split_title(text: str) -> tuple[str, str]:
    """A text file's first line, where it stands alone and is short, and what follows it."""
    first, _, rest = text.strip().partition("\n")
    second = rest.partition("\n")[0].strip()
    is_title = len(first) <= _LONGEST_TITLE and first[-1] not in ".,;:!" and not (second and second.strip("=-"))
    if not is_title or not rest.strip():
        return "", text.strip()
    return first.strip("# ").strip(), rest.strip("\n").removeprefix(
        second if second and not second.strip("=-") else ""
    ).strip()


def _title_of(text: str, file: FoundFile) -> str:
    """The heading that opens a text, else the file's name in words."""
    heading = re.search(r"^# +(.+?)(?: +#+)?$", text, re.MULTILINE)
    name = re.sub(r"[-_]+", " ", PurePosixPath(file.path).stem).strip()
    return heading[1].strip() if heading else name[:1].upper() + name[1:]
