"""The files of an assistant folder: the starter with what the prototype brings put in its place."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from frontdesk.releases.prototype.placeholders import map_placeholders
from frontdesk.releases.prototype.values import (
    Change,
    CodeFile,
    LoggedQuestion,
    ModelFunction,
    Names,
    Prompt,
    Prototype,
    WrittenFile,
)

STARTER_DOCUMENTS = "knowledge/"
QUESTIONS = "evals/questions.jsonl"
_PROMPT = "prompts/answer.md"
_OUR_RULES = "Answer the customer's question in {language}"
"""Where the rules of the starter's prompt begin; what stands before says who the assistant is."""
_PRECEDENCE = "Where these rules and what is said above differ, the rules hold:"
_STARTERS_EXAMPLE = re.compile(r"^# starters:\n(?:#  .*\n)+", re.MULTILINE)
_ENCODING = re.compile(r"#.*coding[:=]\s*[\w.\-]+|#!.*")


def choose_names(
    prototype: Prototype, *, name: str | None, organisation: str | None, fallback: Mapping[str, str]
) -> Names:
    """Names as given, else as the prompt says, else the starter's.

    Args:
        fallback: `name` and `organisation` of the starter.
    """
    source = prototype.prompt.source if prototype.prompt else ""
    guessed: dict[str, str] = {}
    chosen: dict[str, str] = {}
    for key, given, read in (
        ("name", name, prototype.introduction.name),
        ("organisation", organisation, prototype.introduction.organisation),
    ):
        chosen[key] = given or read or fallback[key]
        if not given:
            guessed[key] = source if read else "starter"
    return Names(name=chosen["name"], organisation=chosen["organisation"], guessed=guessed)


def compose_folder(
    prototype: Prototype, starter: Mapping[str, str], *, problem: str
) -> tuple[list[WrittenFile], list[Change]]:
    """Every file to write, by path, and what of the prototype is not as it was.

    Args:
        starter: the starter's files with the names filled in, by path.
        problem: why the function cannot be asked yet; empty when it can.
    """
    texts = {path: text for path, text in starter.items() if not path.startswith(STARTER_DOCUMENTS)}
    changes: list[Change] = []
    if prototype.prompt:
        texts[_PROMPT], notes = merge_prompt(prototype.prompt, texts[_PROMPT])
        changes += [Change(source=prototype.prompt.source, what=note) for note in notes]
    texts["assistant.yaml"] = _profile(texts["assistant.yaml"], prototype)
    texts["knowledge.yaml"] = _sources(texts["knowledge.yaml"], prototype)
    if prototype.function:
        texts["models.yaml"] = _models(texts["models.yaml"], prototype.function, problem)
    written = [_from_starter(path, text, prototype.prompt) for path, text in texts.items()]
    written += [
        WrittenFile(target=STARTER_DOCUMENTS + item.target, text=item.text, source=item.source, kind="document")
        for item in prototype.documents
    ]
    written += _code(prototype.function) if prototype.function else []
    if prototype.questions:
        sources = ", ".join(dict.fromkeys(item.source.rpartition(":")[0] for item in prototype.questions))
        written.append(
            WrittenFile(target=QUESTIONS, text=_lines(prototype.questions), source=sources, kind="questions")
        )
    return sorted(written, key=lambda file: file.target), changes


def with_starters(profile: str, starters: Sequence[str], language: str) -> str:
    """assistant.yaml with questions to begin with."""
    if not starters:
        return profile
    lines = [
        "# Offered before the first message: what was asked most and can be answered, from evals/questions.jsonl.",
        "starters:",
        f"  {language}:",
        *(f"    - {json.dumps(question, ensure_ascii=False)}" for question in starters),
    ]
    block = "\n".join(lines) + "\n"
    example = _STARTERS_EXAMPLE.search(profile)
    if example:
        return profile[: example.start()] + block + profile[example.end() :]
    return profile.rstrip("\n") + "\n" + block


def merge_prompt(prompt: Prompt, ours: str) -> tuple[str, list[str]]:
    """The prototype's instructions between who the assistant is and the rules that every answer is checked by."""
    text, notes = map_placeholders(prompt.text)
    head, marker, rules = ours.partition(_OUR_RULES)
    head = head.replace("{voice}", "").strip()
    if re.match(r"\W*(?:You are|You're|Du bist|Sie sind|Eres)\b", text):
        head = ""
    merged = "\n\n".join(part for part in (head, text, _PRECEDENCE, f"{marker}{rules}".strip()) if part)
    return merged + "\n", [*notes, f"the rules of {_PROMPT} follow it: only the passages count, with their numbers"]


def _from_starter(path: str, text: str, prompt: Prompt | None) -> WrittenFile:
    if path == _PROMPT and prompt:
        return WrittenFile(target=path, text=text, source=prompt.source, kind="prompt")
    return WrittenFile(target=path, text=text)


def _profile(text: str, prototype: Prototype) -> str:
    lines = []
    languages = re.search(r"^languages: \[([a-z, ]+)\]", text, re.MULTILINE)
    speaks = [code.strip() for code in languages[1].split(",")] if languages else []
    for line in text.split("\n"):
        if line.startswith("name:") and prototype.prompt:
            lines += [f"# Its instructions were taken over from {prototype.prompt.source}: see prompts/answer.md."]
        if line.startswith("voice:") and prototype.prompt:
            lines += ["# How it speaks is said in prompts/answer.md now. This line counts where a prompt has {voice}."]
        if line.startswith("default_language:") and prototype.language in speaks:
            line = f"default_language: {prototype.language}  # most of the documents are written in it"  # noqa: PLW2901
        lines.append(line)
    return "\n".join(lines)


def _sources(text: str, prototype: Prototype) -> str:
    """Documents of several languages are told apart one by one."""
    languages = {document.language for document in prototype.documents if document.language}
    one = prototype.language if len(languages) == 1 else ""
    stated = f"    language: {one}" if one else "    # no language: each document's is detected"
    text = re.sub(r"^    language: .*$", stated, text, flags=re.MULTILINE)
    folders = ", ".join(sorted({_origin(document.source) for document in prototype.documents}))
    return text.replace(
        "sources:\n", f"sources:\n  # taken over from {folders}; each document says from which file\n", 1
    )


def _origin(source: str) -> str:
    folder, _, _ = source.rpartition("/")
    return f"{folder.split('/')[0]}/" if folder else source.partition(":")[0]


def _models(text: str, function: ModelFunction, problem: str) -> str:
    """The function as the first rung; behind `#` where it cannot be asked yet."""
    through = f", behind {function.shim.target} because it has another form" if function.shim else ""
    rung = [
        "- name: prototype",
        "  adapter: python",
        f"  model: {function.target}",
        "  total_s: 20                     # seconds it may take; then the next rung is asked",
    ]
    if problem:
        head = [
            f"# Taken over from {function.source}, and not asked yet: {problem}",
            "# Mend that, then remove the # before these lines:",
        ]
        rung = [f"# {line}" for line in rung]
    else:
        head = [f"# Taken over from {function.source}{through}. What it says is checked as any model's text is."]
    block = "".join(f"  {line}\n" for line in (*head, *rung))
    return text.replace("answer:\n", f"answer:\n{block}", 1)


def _code(function: ModelFunction) -> Iterator[WrittenFile]:
    for file in function.files:
        yield WrittenFile(target=file.target, text=_noted(file), source=file.source, kind="code")
    if function.shim:
        yield WrittenFile(target=function.shim.target, text=function.shim.text, source=function.source, kind="code")


def _noted(file: CodeFile) -> str:
    """The module with a word on where it came from, below a line that must stay the first."""
    note = f"# Taken over from {file.source}.\n"
    lines = file.text.splitlines(keepends=True)
    kept = 0
    while kept < min(2, len(lines)) and _ENCODING.match(lines[kept]):
        kept += 1
    return "".join([*lines[:kept], note, *lines[kept:]])


def _lines(questions: Sequence[LoggedQuestion]) -> str:
    rows = (
        {
            "question": item.question,
            "answer": item.answer,
            "language": item.language,
            "source": item.source,
            "times": item.times,
        }
        for item in questions
    )
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
