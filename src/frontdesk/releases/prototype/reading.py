"""A folder with a chatbot prototype becomes one value. Nothing in it is changed, and none of its code is run."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from frontdesk.domain.errors import MalformedError
from frontdesk.releases.prototype.articles import has_articles, take_articles, take_faq
from frontdesk.releases.prototype.code import find_function
from frontdesk.releases.prototype.documents import apart, choose_documents, take_document, unread
from frontdesk.releases.prototype.introduction import read_introduction
from frontdesk.releases.prototype.prompts import find_prompt, is_prompt_file
from frontdesk.releases.prototype.questions import has_questions, is_faq, read_pairs, take_questions
from frontdesk.releases.prototype.scan import scan
from frontdesk.releases.prototype.tables import ENDINGS, read_rows
from frontdesk.releases.prototype.values import (
    Change,
    FoundFile,
    Introduction,
    LeftOut,
    NotTakenError,
    Prototype,
    TakenDocument,
)

_REQUIREMENTS = re.compile(r"requirements[\w.\-]*\.txt\Z|pyproject\.toml\Z|Pipfile\Z|environment\.ya?ml\Z")
_SETTINGS = re.compile(r"(?:package(?:-lock)?|tsconfig|config|settings|manifest|vercel|composer)\Z")
"""JSON files that belong to programs."""
_Pairs = list[tuple[str, str, str]]


def read_prototype(
    folder: Path, *, function: str = "", without: Path | None = None, tell: Callable[[str], None] = lambda _: None
) -> Prototype:
    """Everything in the folder that an assistant can be made of, and what was left out and why.

    Args:
        function: `module:function`; empty looks for one.
        without: the folder that the assistant will be written to, which may lie inside.
        tell: is told the path of each file before it is read.
    Raises:
        NotFoundError: there is no such folder or function.
        MalformedError: it is no folder, or holds no document: then there is nothing to answer from.
    """
    files, left_out = scan(folder, without=without)
    prompt, others = find_prompt(files)
    source = prompt.source if prompt else ""
    documents, skipped = _read_documents([file for file in files if not _is_prompt(file, source)], tell)
    rows, pairs, problems, changes = _read_tables(files, source, tell)
    taken = apart([*documents, *rows])
    left_out = [*left_out, *others, *skipped, *problems, *unread(files)]
    if not taken:
        raise MalformedError(_nothing_to_answer_from(folder, left_out), field="from")
    language = _main_language(taken)
    questions, asked = take_questions(pairs, default=language or "en")
    found, reasons = find_function(files, function)
    return Prototype(
        folder=folder,
        prompt=prompt,
        introduction=read_introduction(prompt.text) if prompt else Introduction(),
        documents=tuple(taken),
        questions=tuple(questions),
        asked=asked,
        function=found,
        requirements=next((file.path for file in files if _REQUIREMENTS.match(Path(file.path).name)), ""),
        language=language,
        left_out=(*left_out, *reasons),
        changes=(*changes, *(Change(source=item.source, what=what) for item in taken for what in item.changes)),
    )


def _is_prompt(file: FoundFile, source: str) -> bool:
    return is_prompt_file(file) or file.path == source.partition("#")[0]


def _read_documents(
    files: Iterable[FoundFile], tell: Callable[[str], None]
) -> tuple[list[TakenDocument], list[LeftOut]]:
    chosen, left_out = choose_documents(files)
    documents = []
    for file in chosen:
        tell(file.path)
        try:
            documents.append(take_document(file))
        except NotTakenError as error:
            left_out.append(LeftOut(source=file.path, reason=error.reason, todo=error.todo))
    return documents, left_out


def _read_tables(
    files: Iterable[FoundFile], prompt: str, tell: Callable[[str], None]
) -> tuple[list[TakenDocument], _Pairs, list[LeftOut], list[Change]]:
    """Documents and questions out of tables."""
    documents: list[TakenDocument] = []
    pairs: _Pairs = []
    left_out: list[LeftOut] = []
    changes: list[Change] = []
    for file in files:
        if (
            file.ending not in ENDINGS
            or _is_prompt(file, prompt)
            or (file.ending == ".json" and _SETTINGS.match(file.stem))
        ):
            continue
        tell(file.path)
        try:
            problem = _read_table(file, documents, pairs, left_out)
        except NotTakenError as error:
            left_out.append(LeftOut(source=file.path, reason=error.reason, todo=error.todo))
        else:
            changes += [Change(source=file.path, what=problem)] * bool(problem)
    return documents, pairs, left_out, changes


def _read_table(file: FoundFile, documents: list[TakenDocument], pairs: _Pairs, left_out: list[LeftOut]) -> str:
    """Put what the file holds where it belongs; say what of it could not be read.

    Raises:
        NotTakenError: it holds neither questions nor articles.
    """
    table = read_rows(file)
    if has_questions(table):
        found = list(read_pairs(table))
        if is_faq(file):
            documents.append(take_faq(file, found))
        else:
            pairs += [(f"{file.path}:{number}", question, answer) for number, question, answer in found]
        if not found:
            raise NotTakenError("no row of it holds a question")
    elif has_articles(table):
        for item in take_articles(file, table):
            (documents if isinstance(item, TakenDocument) else left_out).append(item)  # type: ignore[arg-type]
    else:
        columns = ", ".join(sorted(table.columns)[:8]) or "none"
        raise NotTakenError(
            f"neither questions nor articles: its columns are {columns}",
            "Call the columns question and answer, or title and body.",
        )
    return table.problem


def _main_language(documents: Sequence[TakenDocument]) -> str:
    """The language of most documents; empty where none could be told."""
    counted = Counter(document.language for document in documents if document.language)
    return counted.most_common(1)[0][0] if counted else ""


def _nothing_to_answer_from(folder: Path, left_out: Sequence[LeftOut]) -> str:
    text = (
        f"{folder} holds no documents, and answers come from documents only. Put Markdown, HTML or text files into "
        f"{folder / 'docs'}, or a CSV with the columns title and body. Nothing was written."
    )
    reasons = [f"{item.source}: {item.reason}. {item.todo}".strip() for item in left_out[:5]]
    more = f"\nand {len(left_out) - 5} more" if len(left_out) > 5 else ""
    return "\n".join([text, *(["Left out:", *reasons] if reasons else [])]) + more
