"""A module of ours in front of a function that was written for another caller."""

import ast
from dataclasses import dataclass

from frontdesk.releases.prototype.values import CodeFile

SHIM = "prototype_model"
_QUESTION = frozenset({
    "content", "input", "input_text", "message", "msg", "prompt", "q", "query", "question", "text", "user_input",
    "user_message", "user_prompt", "user_query", "user_question", "user_text", "utterance",
})  # fmt: skip
_HISTORY = frozenset({
    "chat_history", "conversation", "conversation_history", "history", "memory", "past", "previous",
    "previous_messages",
})  # fmt: skip
_PASSAGES = frozenset({
    "chunks", "context", "contexts", "docs", "documents", "knowledge", "passages", "retrieved", "retrieved_docs",
    "sources",
})  # fmt: skip
_LANGUAGE = frozenset({"lang", "language", "locale"})
_INSTRUCTIONS = frozenset({"instructions", "system", "system_prompt"})
_WHOLE = frozenset({"payload", "request"})
_FIELDS = frozenset({"question", "history", "summary", "passages", "instructions", "language", "purpose"})
"""What our own caller fills by name."""

_HELPERS = {
    "_as_text": '''
def _as_text(result):
    """The text of what the prototype gives: of a tuple its first part, of a dictionary its answer."""
    if isinstance(result, tuple | list):
        result = result[0] if result else ""
    if isinstance(result, dict):
        names = ("answer", "response", "output", "text", "content", "reply", "result")
        result = next((result[name] for name in names if result.get(name)), "")
    return "" if result is None else result
''',
    "_messages": '''
def _messages(request):
    """What an OpenAI client sends: the instructions with the passages, the conversation, the question."""
    system = f"{request['instructions']}\\n\\nPassages:\\n{_passages(request)}"
    question = {"role": "user", "content": request["question"]}
    return [{"role": "system", "content": system}, *request["history"], question]
''',
    "_passages": '''
def _passages(request):
    """The passages as one numbered text."""
    return "\\n\\n".join(f"[{number}] {passage['text']}" for number, passage in enumerate(request["passages"], start=1))
''',
    "_pairs": '''
def _pairs(request):
    """The conversation as pairs of what was asked and what was answered."""
    said = [turn["content"] for turn in request["history"]]
    return list(zip(said[::2], said[1::2]))
''',
    "_lines": '''
def _lines(request):
    """The conversation as one text."""
    return "\\n".join(f"{turn['role']}: {turn['content']}" for turn in request["history"])
''',
}


class UnfilledError(Exception):
    """A parameter that nothing of ours can fill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Argument:
    name: str
    expression: str
    is_keyword: bool
    is_ours: bool
    """Whether our own caller would fill it alike."""


def write_shim(
    module: str, path: str, node: ast.FunctionDef | ast.AsyncFunctionDef, *, taken: set[str]
) -> CodeFile | None:
    """The module to put in front; None where our own caller can call the function as it is.

    Args:
        path: `answer`, or `Bot.answer` of a class that is made without arguments.
        taken: files that stand beside it.
    Raises:
        UnfilledError: a parameter that has no default cannot be filled.
    """
    arguments = _arguments(node, is_method="." in path)
    gives_text = _gives_text(node)
    if all(argument.is_ours for argument in arguments) and gives_text and "." not in path:
        return None
    name = next(f"{SHIM}{number}" for number in ("", *range(2, 100)) if f"{SHIM}{number}.py" not in taken)
    text = _write(module, path, node, arguments, gives_text=gives_text)
    return CodeFile(source=f"{module}:{path}", target=f"{name}.py", text=text)


def _write(
    module: str,
    path: str,
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    arguments: list[_Argument],
    *,
    gives_text: bool,
) -> str:
    first, _, method = path.partition(".")
    call = f"_prototype.{method}" if method else "_prototype"
    imported = first if method else f"{first} as _prototype"
    filled = ", ".join(f"{item.name}={item.expression}" if item.is_keyword else item.expression for item in arguments)
    is_async = isinstance(node, ast.AsyncFunctionDef) and not _yields(node)
    result = f"{call}({filled})"
    result = f"await {result}" if is_async else result
    body = result if gives_text else f"_as_text({result})"
    made = f"\n_prototype = {first}()  # once, for all questions\n" if method else ""
    return (
        f'"""Lets Frontdesk call `{module}:{path}`, which was written for another caller.\n\n'
        "Written by `frontdesk init --from`; change it as you like. Frontdesk calls `answer(request)` for every question.\n"
        "`request` is a dictionary: question, history, passages, instructions, language, and more\n"
        '(see "Your own model" in the guide).\n"""\n\n'
        f"from {module} import {imported}\n{made}\n\n"
        f"{'async ' if is_async else ''}def answer(request):\n"
        f"    # {path}({', '.join(item.name for item in arguments)}) gets what it asks for, in its own shape.\n"
        f"    return {body}\n" + "".join(f"\n{_HELPERS[name]}" for name in _needed(body))
    )


def _needed(body: str) -> list[str]:
    names = [name for name in _HELPERS if f"{name}(" in body]
    return [*names, "_passages"] if "_messages" in names and "_passages" not in names else names


def _arguments(node: ast.FunctionDef | ast.AsyncFunctionDef, *, is_method: bool) -> list[_Argument]:
    """Raises: UnfilledError"""
    positional = [*node.args.posonlyargs, *node.args.args]
    required = len(positional) - len(node.args.defaults)
    is_static = any(isinstance(item, ast.Name) and item.id == "staticmethod" for item in node.decorator_list)
    skipped = 1 if is_method and not is_static else 0
    found: list[_Argument] = []
    for place, parameter in enumerate(positional[skipped:], start=skipped):
        found += _filled(parameter, found, is_required=place < required, is_keyword=False)
    for parameter, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
        found += _filled(parameter, found, is_required=default is None, is_keyword=True)
    if not found and node.args.vararg:
        return [_Argument(name="question", expression="request['question']", is_keyword=False, is_ours=True)]
    if not any("question" in item.expression or item.expression in ("request", "_messages(request)") for item in found):
        raise UnfilledError("it takes no question")
    return found


def _filled(parameter: ast.arg, before: list[_Argument], *, is_required: bool, is_keyword: bool) -> list[_Argument]:
    """The parameter with what fills it; nothing where its default does.

    Raises:
        UnfilledError: it has no default, and we know nothing to put there.
    """
    name, annotation = parameter.arg, ast.unparse(parameter.annotation) if parameter.annotation else ""
    has_question = any(item.expression == "request['question']" for item in before)
    expression = _expression(name.lower(), annotation)
    if not expression and is_required and not has_question:
        expression = "request['question']"
    if not expression:
        if is_required:
            raise UnfilledError(f"its parameter '{name}' cannot be filled")
        return []
    if expression == "request['question']" and has_question:
        return [] if not is_required else _unfilled(name)
    is_next = (not before and expression == "request['question']") or (
        len(before) == 1 and has_question and expression == "request['history']"
    )
    in_turn = is_next and is_required and not is_keyword and name not in ("messages", "context", "documents")
    is_ours = (
        in_turn
        or (name in _FIELDS and expression == f"request['{name}']")
        or (name in _WHOLE and expression == "request")
    )
    must_name = is_keyword or (not is_required and not is_ours)
    return [_Argument(name=name, expression=expression, is_keyword=must_name, is_ours=is_ours)]


def _unfilled(name: str) -> list[_Argument]:
    raise UnfilledError(f"its parameter '{name}' cannot be filled")


def _expression(name: str, annotation: str) -> str:  # noqa: PLR0911  (one line a shape)
    """What fills a parameter that is called so; empty where we do not know."""
    if name in _WHOLE:
        return "request"
    if name == "messages":
        return "_messages(request)"
    if name in _QUESTION:
        return "_messages(request)" if annotation.lower().startswith(("list", "sequence")) else "request['question']"
    if name in _HISTORY:
        return _history(annotation)
    if name in _PASSAGES:
        return _passages(name, annotation)
    if name in _LANGUAGE:
        return "request['language']"
    return "request['instructions']" if name in _INSTRUCTIONS else ""


def _history(annotation: str) -> str:
    if annotation == "str":
        return "_lines(request)"
    return "_pairs(request)" if "tuple" in annotation.lower() else "request['history']"


def _passages(name: str, annotation: str) -> str:
    if annotation == "str" or (name in ("context", "knowledge") and not annotation):
        return "_passages(request)"
    if "str" in annotation and "dict" not in annotation.lower():
        return "[passage['text'] for passage in request['passages']]"
    return "request['passages']"


def _gives_text(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether nothing in it says that it gives something else than text or pieces of text."""
    annotation = ast.unparse(node.returns).lower() if node.returns else ""
    if annotation.startswith(("dict", "tuple", "list", "mapping", "typing.dict", "typing.tuple")):
        return False
    returned = [inner.value for inner in ast.walk(node) if isinstance(inner, ast.Return) and inner.value is not None]
    return not any(isinstance(value, ast.Dict | ast.Tuple | ast.List) for value in returned)


def _yields(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in ast.walk(node))
