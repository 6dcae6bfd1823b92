"""A YAML file becomes a value of its type, or every mistake in it is named with its line."""

import difflib
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from frontdesk.domain.errors import ConfigProblem

MAX_FILE_BYTES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlFile:
    """A file that was read; it knows the line of everything in it."""

    path: Path
    value: Any
    node: yaml.Node | None

    def where(self, *loc: str | int) -> str:
        """`file:line` of the value at a path, or of the deepest part of the path that is written down."""
        return f"{self.path}:{_line(self.node, loc)}"


def read_yaml(path: Path, kind: Any, problems: list[ConfigProblem], *, known: Collection[str] = ()) -> YamlFile | None:
    """The file as a value of the type; None, and at least one problem more, where it is not.

    Args:
        known: names that a misspelt one may have meant.
    Raises:
        FileNotFoundError: there is no such file.
    """
    try:
        text = read_text(path)
        node, data = _parse(text)
        return YamlFile(path=path, value=_adapter(kind).validate_python(data), node=node)
    except FileNotFoundError:
        raise
    except ValidationError as error:
        problems.extend(_to_problem(path, node, known, item) for item in error.errors())
    except yaml.YAMLError as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", error)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        problems.append(ConfigProblem(where=where, message=f"This is not YAML: {problem}."))
    except (OSError, ValueError) as error:
        problems.append(ConfigProblem(where=str(path), message=str(error)))
    return None


@lru_cache(maxsize=64)
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _parse(text: str) -> tuple[yaml.Node | None, Any]:
    """The document with its places, and what it says; read once, and in C where that was built."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        node = loader.get_single_node()
        return node, None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


def read_text(path: Path) -> str:
    """Raises: OSError; ValueError: it is too large or not UTF-8."""
    data = path.read_bytes()
    if len(data) > MAX_FILE_BYTES:
        raise ValueError(f"The file is larger than {MAX_FILE_BYTES} bytes.")
    return data.decode("utf-8-sig")


def _to_problem(path: Path, node: yaml.Node | None, known: Collection[str], item: Any) -> ConfigProblem:
    loc = tuple(part for part in item["loc"] if not str(part).startswith("<"))  # names of the ways to write an entry
    name = ".".join(str(part) for part in loc)
    where = f"{path}:{_line(node, loc)}"
    if item["type"] != "unexpected_keyword_argument":
        message = item["msg"].removeprefix("Value error, ").removesuffix(".")
        return ConfigProblem(where=where, message=f"`{name}`: {message}.")
    close = difflib.get_close_matches(str(loc[-1]), sorted(known), n=1)
    return ConfigProblem(
        where=where, message=f"`{name}` is not known here.", hint=f"Did you mean `{close[0]}`?" if close else ""
    )


def _line(node: yaml.Node | None, loc: tuple[Any, ...]) -> int:
    """1-based line of the value at a path; of the deepest part that exists."""
    line = node.start_mark.line + 1 if node else 1
    for part in loc:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(part):
                    line, node = key.start_mark.line + 1, value
                    break
            else:
                return line
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line
