"""The prototype's function: found without running it, with the modules of the prototype that it needs."""

import ast
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from frontdesk.domain.errors import MalformedError, NotFoundError
from frontdesk.releases.prototype.code_text import parse
from frontdesk.releases.prototype.keys import refuse_keys
from frontdesk.releases.prototype.shim import SHIM, UnfilledError, write_shim
from frontdesk.releases.prototype.values import CodeFile, FoundFile, LeftOut, ModelFunction, NotTakenError

_NAMES = (
    "answer", "answer_question", "get_answer", "generate_answer", "respond", "get_response", "generate_response", "reply",
    "ask", "ask_bot", "chat", "chat_response", "chatbot", "generate", "predict", "handle_message", "run_chain", "query", "bot",
)  # fmt: skip
"""What the function of a prototype is called, the surest name first."""
_TESTS = re.compile(r"(?:test_|conftest)|.*_test\Z|setup\Z")
_FILE_NAME = re.compile(
    r"[\w./\- ]{1,200}\.(?:csv|db|html|json|jsonl|md|npy|parquet|pickle|pkl|sqlite|toml|tsv|txt|yaml|yml)\Z"
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    file: FoundFile
    path: str
    """`answer`, or `Bot.answer`."""
    node: Function


class _Modules:
    """The prototype's Python files, by the names that imports know them under."""

    def __init__(self, files: Sequence[FoundFile], entry: FoundFile) -> None:
        self._files = {file.path: file for file in files if file.ending == ".py"}
        self._roots = [*dict.fromkeys([self.root_of(entry), ""])]

    def root_of(self, file: FoundFile) -> str:
        """The folder that its package, or the script itself, lies in; where Python would look when it is started."""
        folder = PurePosixPath(file.path).parent
        while str(folder) != "." and f"{folder}/__init__.py" in self._files:
            folder = folder.parent
        return "" if str(folder) == "." else f"{folder}/"

    def find(self, module: str) -> list[tuple[FoundFile, str]]:
        """The files behind a dotted name, packages first, each with its path below the root it was found in."""
        inside = module.replace(".", "/")
        for root in self._roots:
            target = next(
                (path for path in (f"{inside}/__init__.py", f"{inside}.py") if root + path in self._files), ""
            )
            if target:
                parents = [f"{parent}/__init__.py" for parent in PurePosixPath(inside).parents if str(parent) != "."]
                return [
                    (self._files[root + path], path) for path in (*parents[::-1], target) if root + path in self._files
                ]
        return []

    def has(self, name: str) -> bool:
        """Whether a top-level name is a module of the prototype, or a folder with Python in it."""
        return any(
            path.startswith((f"{root}{name}/", f"{root}{name}.py")) for root in self._roots for path in self._files
        )


def find_function(files: Sequence[FoundFile], wanted: str) -> tuple[ModelFunction | None, list[LeftOut]]:
    """The function to ask, and why there is none.

    Args:
        wanted: `module:function` as given; empty looks for one that is called as such functions are.
    Raises:
        MalformedError: `wanted` does not name a function.
        NotFoundError: there is no such module or function.
    """
    found, left_out = (_named(files, wanted), []) if wanted else _likeliest(files)
    if found is None:
        return None, left_out
    try:
        return _taken(found, files), left_out
    except NotTakenError as error:
        return None, [*left_out, LeftOut(source=_shown(found), reason=error.reason, todo=error.todo)]


def _named(files: Sequence[FoundFile], wanted: str) -> _Found:
    module, _, path = wanted.partition(":")
    if not module or not all(part.isidentifier() for part in path.split(".")) or path.count(".") > 1:
        raise MalformedError(
            f"--function must be module:function, for example bot:answer or src/bot.py:answer, not '{wanted}'.",
            field="function",
        )
    inside = module.removesuffix(".py") if "/" in module or module.endswith(".py") else module.replace(".", "/")
    file = next((item for item in files if item.path in (f"{inside}.py", f"{inside}/__init__.py")), None)
    if file is None:
        raise NotFoundError(f"--function: the prototype has no module {inside}.py.", field="function")
    try:
        functions = {found.path: found for found in _functions(file)}
    except NotTakenError as error:
        raise MalformedError(f"--function: {file.path}, {error.reason}.", field="function") from error
    if path not in functions:
        known = ", ".join(sorted(functions)) or "none"
        raise NotFoundError(f"--function: {file.path} has no function '{path}'. It has: {known}.", field="function")
    return functions[path]


def _likeliest(files: Sequence[FoundFile]) -> tuple[_Found | None, list[LeftOut]]:
    """The function with the surest name; none where two are called the same."""
    candidates: list[_Found] = []
    left_out: list[LeftOut] = []
    for file in files:
        if file.ending != ".py" or _TESTS.match(file.stem):
            continue
        try:
            candidates += [found for found in _functions(file) if _sureness(found) < len(_NAMES)]
        except NotTakenError as error:
            left_out.append(LeftOut(source=file.path, reason=error.reason, todo=error.todo))
    best = sorted(
        candidates, key=lambda found: (_sureness(found), "." in found.path, len(found.file.folders), found.file.path)
    )
    if not best:
        return None, left_out
    same = [found for found in best if _sureness(found) == _sureness(best[0]) and "." not in found.path]
    if len(same) > 1:
        names = " and ".join(_shown(found) for found in same[:4])
        reason = "more than one function could be the one to ask"
        return None, [*left_out, LeftOut(source=names, reason=reason, todo=f"Say which: --function {_shown(same[0])}")]
    return best[0], left_out


def _sureness(found: _Found) -> int:
    name = found.path.rpartition(".")[2]
    return _NAMES.index(name) if name in _NAMES else len(_NAMES)


def _functions(file: FoundFile) -> Iterator[_Found]:
    """A module's functions, and the methods of its classes that can be made without arguments.

    Raises:
        NotTakenError: it cannot be read as Python.
    """
    for node in parse(file)[1].body:
        if isinstance(node, Function) and not node.name.startswith("_"):
            yield _Found(file=file, path=node.name, node=node)
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_") and _is_made_without_arguments(node):
            for inner in node.body:
                if isinstance(inner, Function) and not inner.name.startswith("_"):
                    yield _Found(file=file, path=f"{node.name}.{inner.name}", node=inner)


def _is_made_without_arguments(node: ast.ClassDef) -> bool:
    made = next((inner for inner in node.body if isinstance(inner, Function) and inner.name == "__init__"), None)
    if made is None:
        return not node.bases
    positional = [*made.args.posonlyargs, *made.args.args][1:]
    return len(positional) <= len(made.args.defaults) and all(default is not None for default in made.args.kw_defaults)


def _taken(found: _Found, files: Sequence[FoundFile]) -> ModelFunction:
    """Raises: NotTakenError: a module cannot be copied, or the function cannot be called."""
    modules = _Modules(files, found.file)
    copied, packages, trees = _closure(found.file, modules)
    module = copied[0].target.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    shadowed = sorted({file.target.split("/")[0].removesuffix(".py") for file in copied} & sys.stdlib_module_names)
    if shadowed:
        raise NotTakenError(
            f"the module {shadowed[0]} has the name of one that comes with Python", "Rename it, then run this again."
        )
    try:
        shim = write_shim(module, found.path, found.node, taken={file.target for file in copied})
    except UnfilledError as error:
        raise NotTakenError(
            str(error), "Write a function answer(question) that calls it, and name that with --function."
        ) from error
    target = f"{shim.target.removesuffix('.py')}:answer" if shim else f"{module}:{found.path}"
    named = _named_files(trees, files)
    return ModelFunction(
        source=_shown(found), target=target, files=tuple(copied), shim=shim, packages=packages, named_files=named
    )


def _closure(entry: FoundFile, modules: _Modules) -> tuple[list[CodeFile], tuple[str, ...], list[ast.Module]]:
    """The module and all it imports from the prototype, and the names of what it imports from elsewhere.

    Raises:
        NotTakenError: one of them cannot be read, holds a key, or would stand where another does.
    """
    waiting = [(entry, entry.path.removeprefix(modules.root_of(entry)))]
    copied: dict[str, CodeFile] = {}
    outside: set[str] = set()
    trees = []
    while waiting:
        file, target = waiting.pop(0)
        if target in copied:
            if copied[target].source != file.path:
                raise NotTakenError(
                    f"{file.path} and {copied[target].source} would both be {target}", "Rename one of them."
                )
            continue
        text, tree = _read(file, is_entry=file is entry)
        trees.append(tree)
        copied[target] = CodeFile(source=file.path, target=target, text=text)
        for name in _imported(tree, target):
            if inside := modules.find(name):
                waiting += inside
            elif not modules.has(name.split(".")[0]):
                outside.add(name.split(".")[0])
    packages = tuple(sorted(outside - sys.stdlib_module_names - {SHIM}))
    return list(copied.values()), packages, trees


def _read(file: FoundFile, *, is_entry: bool) -> tuple[str, ast.Module]:
    try:
        text, tree = parse(file)
        refuse_keys(text, is_code=True)
    except NotTakenError as error:
        reason = error.reason if is_entry else f"it imports {file.path}, and there {error.reason}"
        raise NotTakenError(reason, error.todo) from error
    return text, tree


def _imported(tree: ast.Module, target: str) -> Iterator[str]:
    """Dotted names that a module may import, also those that may be functions rather than modules."""
    path = PurePosixPath(target)
    package = [*path.parent.parts]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *(node.module.split(".") if node.module else [])])
            if base and not (node.level and not node.module and not above):
                yield base
            for alias in node.names:
                yield f"{base}.{alias.name}" if base else alias.name


def _named_files(trees: Sequence[ast.Module], files: Sequence[FoundFile]) -> tuple[str, ...]:
    """Files of the prototype whose names stand in the code: it may want to read them where it runs now."""
    by_name: Mapping[str, str] = {PurePosixPath(file.path).name: file.path for file in files}
    texts = {
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    names = {PurePosixPath(text).name for text in texts if _FILE_NAME.match(text)}
    return tuple(sorted(by_name[name] for name in names if name in by_name))


def _shown(found: _Found) -> str:
    return f"{found.file.path}:{found.path}"
