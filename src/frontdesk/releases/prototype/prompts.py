"""Which file holds the prototype's instructions."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from frontdesk.releases.prototype.code_text import string_constants
from frontdesk.releases.prototype.keys import refuse_keys
from frontdesk.releases.prototype.text_files import read_text
from frontdesk.releases.prototype.values import FoundFile, LeftOut, NotTakenError, Prompt

_TEXTS = frozenset({".txt", ".md", ".markdown", ".prompt", ".j2", ".jinja", ".jinja2", ".tmpl", ".tpl", ""})
_TEMPLATES = frozenset({".prompt", ".j2", ".jinja", ".jinja2"})
_MAPPINGS = frozenset({".yaml", ".yml", ".json"})
_FOLDERS = frozenset({"prompt", "prompts", "instructions"})
_KEYS = ("system_prompt", "systemprompt", "system", "instructions", "prompt", "template")
_NAMED = re.compile(r"(?:system|instructions?|prompts?)(?:[_\-. ]|\Z)|.*[_\-. ](?:prompt|instructions)\Z|systemprompt")
_ORDER = (
    re.compile(r"system[_\- ]?prompt"),
    re.compile(r"system\b"),
    re.compile(r"prompt\b|instructions?\b"),
    re.compile(r"(?:answer|assistant|chat|qa|bot|main|default)"),
)
_OTHER_JOB = re.compile(r"rewrit|rephras|condens|summar|judge|eval|classif|title|route|translat")
_CONSTANT = re.compile(r"_*(?:\w+_)?(?:SYSTEM|PROMPT|INSTRUCTIONS|TEMPLATE)(?:_\w+)?\Z", re.IGNORECASE)
_LEAST = 40
"""Characters from which a text in code is a prompt and not a label."""
_DEEPEST = 3


def is_prompt_file(file: FoundFile) -> bool:
    """Whether its name or place says that it holds instructions to a model."""
    if file.ending in _TEMPLATES:
        return True
    if file.ending not in _TEXTS:
        return False
    return bool(_FOLDERS & {*file.folders}) or (len(file.folders) < 2 and bool(_NAMED.match(file.stem)))


def find_prompt(files: Sequence[FoundFile]) -> tuple[Prompt | None, list[LeftOut]]:
    """The instructions, and what else looked like some."""
    left_out: list[LeftOut] = []
    taken: Prompt | None = None
    for prompt in _candidates(files, left_out):
        if taken is None:
            taken = prompt
        elif prompt.source.partition("#")[0] != taken.source.partition("#")[0]:
            left_out.append(_second(prompt, taken))
    if taken is None:
        taken = next(_in_code(files), None)
    return taken, left_out


def _candidates(files: Sequence[FoundFile], left_out: list[LeftOut]) -> Iterator[Prompt]:
    """Prompts that can be taken, the likeliest first."""
    wanted = [file for file in files if is_prompt_file(file)] + [file for file in files if file.ending in _MAPPINGS]
    for file in sorted(wanted, key=_rank):
        try:
            found = list(_prompts_in(file))
        except NotTakenError as error:
            if is_prompt_file(file):
                left_out.append(LeftOut(source=file.path, reason=error.reason, todo=error.todo))
            continue
        for prompt in found:
            try:
                refuse_keys(prompt.text)
            except NotTakenError as error:
                left_out.append(LeftOut(source=prompt.source, reason=error.reason, todo=error.todo))
            else:
                yield prompt


def _rank(file: FoundFile) -> tuple[bool, int, bool, int, str]:
    name = file.stem
    place = next((number for number, pattern in enumerate(_ORDER) if pattern.match(name)), len(_ORDER))
    return bool(_OTHER_JOB.search(name)), place, file.ending in _MAPPINGS, len(file.folders), file.path


def _second(prompt: Prompt, taken: Prompt) -> LeftOut:
    return LeftOut(
        source=prompt.source,
        reason=f"another prompt; the instructions come from {taken.source}",
        todo="Add what customers need from it to prompts/answer.md.",
    )


def _prompts_in(file: FoundFile) -> Iterator[Prompt]:
    """Raises: NotTakenError: it cannot be read, or is empty."""
    if file.ending in _MAPPINGS:
        for key, text in _texts_in(_load(file), ()):
            yield Prompt(source=f"{file.path}#{key}", text=text)
        return
    text = read_text(file).strip()
    if not text:
        raise NotTakenError("the prompt is empty", "Write it, or edit prompts/answer.md.")
    yield Prompt(source=file.path, text=text)


def _load(file: FoundFile) -> Any:
    text = read_text(file)
    try:
        return json.loads(text) if file.ending == ".json" else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        raise NotTakenError("it cannot be parsed") from error


def _texts_in(data: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Instructions under a key that says so, the plainest key first, then those of the mappings inside."""
    if not isinstance(data, dict) or len(path) >= _DEEPEST:
        return
    folded = {str(key).lower().replace("-", "_"): key for key in data}
    for name in _KEYS:
        value = data.get(folded.get(name, name))
        if isinstance(value, str) and len(value.strip()) >= _LEAST:
            yield ".".join((*path, str(folded[name]))), value.strip()
    for key, value in data.items():
        yield from _texts_in(value, (*path, str(key)))


def _in_code(files: Sequence[FoundFile]) -> Iterator[Prompt]:
    """Prompts that are written into the program, where no file holds one. One with a key beside it is passed over."""
    for file in files:
        if file.ending != ".py":
            continue
        for name, text in string_constants(file):
            if _CONSTANT.match(name) and len(text.strip()) >= _LEAST:
                try:
                    refuse_keys(text)
                except NotTakenError:
                    continue
                yield Prompt(source=f"{file.path}#{name}", text=text.strip())
