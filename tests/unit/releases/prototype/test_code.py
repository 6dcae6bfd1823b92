"""The function: found without running it, with what it imports, and called as it wants to be."""

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

from frontdesk.domain.errors import FrontdeskError
from frontdesk.releases.prototype import ModelFunction, Prototype, read_prototype
from prototypes import a_prototype

REQUEST: dict[str, Any] = {
    "question": "And on Sunday?",
    "history": [{"role": "user", "content": "When are you open?"}, {"role": "assistant", "content": "From nine."}],
    "summary": "",
    "passages": [{"text": "Closed on Sunday.", "title": "Hours", "url": "", "score": 1.0}],
    "instructions": "Be brief.",
    "language": "en",
    "purpose": "answer",
}


def _read(tmp_path: Path, files: dict[str, str], *, function: str = "") -> Prototype:
    return read_prototype(a_prototype(tmp_path, files), function=function)


def _function(prototype: Prototype) -> ModelFunction:
    assert prototype.function is not None, prototype.left_out
    return prototype.function


def _call(function: ModelFunction, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What our module in front gives for a request."""
    assert function.shim is not None
    for file in (*function.files, function.shim):
        (folder / file.target).write_text(file.text)
    monkeypatch.syspath_prepend(str(folder))
    try:
        return importlib.import_module("prototype_model").answer(REQUEST)
    finally:
        for name in ("bot", "prototype_model"):
            sys.modules.pop(name, None)


@pytest.mark.parametrize(
    "signature",
    ["(question)", "(text)", "(question, history)", "(message, history=None)", "(question, *, passages)", "(request)"],
)
def test_a_function_that_is_called_as_ours_are_needs_no_module_of_ours(tmp_path: Path, signature: str) -> None:
    function = _function(_read(tmp_path, {"bot.py": f"def answer{signature}:\n    return 'Nine.'\n"}))

    assert function.target == "bot:answer"
    assert function.shim is None


@pytest.mark.parametrize(
    ("code", "gives"),
    [
        ("def chat(messages):\n    return messages[-1]['content'] + messages[0]['content']", "And on Sunday?Be brief.\n\nPassages:\n[1] Closed on Sunday."),
        ("def answer(question, context):\n    return f'{question} {context}'", "And on Sunday? [1] Closed on Sunday."),
        ("def answer(question, docs: list[str]):\n    return docs[0]", "Closed on Sunday."),
        ("def ask(query, chat_history: list[tuple[str, str]] = ()):\n    return repr(chat_history)", "[('When are you open?', 'From nine.')]"),
        ("def ask(context: str, question: str) -> str:\n    return question", "And on Sunday?"),
        ("def answer(question):\n    return {'answer': 'Nine.', 'sources': []}", "Nine."),
        ("def answer(question) -> tuple[str, list]:\n    return ('Nine.', [])", "Nine."),
        ("class Bot:\n    def __init__(self, model='x'):\n        self.model = model\n    def answer(self, question):\n        return self.model + question", "xAnd on Sunday?"),
        ("def answer(user_input, lang, temperature=0.2):\n    return lang", "en"),
    ],
)  # fmt: skip
def test_a_function_of_another_form_gets_a_module_of_ours_in_front(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, gives: str
) -> None:
    function = _function(_read(tmp_path, {"bot.py": code}))

    assert function.target == "prototype_model:answer"
    assert _call(function, tmp_path, monkeypatch) == gives


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("def answer(question, session_id):\n    return ''", "parameter 'session_id' cannot be filled"),
        ("def answer():\n    return ''", "it takes no question"),
        ("def answer(question:\n", "line 1 is not Python"),
    ],
)
def test_a_function_that_cannot_be_called_is_left_out_with_a_reason(tmp_path: Path, code: str, words: str) -> None:
    prototype = _read(tmp_path, {"bot.py": code})

    assert prototype.function is None
    assert words in next(item.reason for item in prototype.left_out)


def test_the_modules_it_imports_come_along_and_others_do_not(tmp_path: Path) -> None:
    files = {
        "bot.py": "import json, openai\nfrom tools import find\nfrom pkg.deep import thing\ndef answer(question): return find(question)\n",
        "tools.py": "from pkg import util\nimport requests\ndef find(q): return open('data/prices.csv').read()\n",
        "pkg/__init__.py": "",
        "pkg/util.py": "from . import deep\n",
        "pkg/deep.py": "thing = 1\n",
        "unrelated.py": "x = 1\n",
        "data/prices.csv": "sku,price\n1,2\n",
    }

    function = _function(_read(tmp_path, files))

    assert [file.target for file in function.files] == [
        "bot.py",
        "tools.py",
        "pkg/__init__.py",
        "pkg/deep.py",
        "pkg/util.py",
    ]
    assert function.packages == ("openai", "requests")
    assert function.named_files == ("data/prices.csv",)


def test_a_script_in_a_folder_finds_its_neighbours(tmp_path: Path) -> None:
    files = {
        "src/bot.py": "from tools import find\ndef answer(question): return find(question)\n",
        "src/tools.py": "def find(q): return q\n",
    }

    function = _function(_read(tmp_path, files, function="src/bot.py:answer"))

    assert function.target == "bot:answer"
    assert [file.target for file in function.files] == ["bot.py", "tools.py"]


def test_a_package_keeps_its_place(tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "",
        "app/bot.py": "from .tools import find\ndef answer(question): return find(question)\n",
        "app/tools.py": "def find(q): return q\n",
    }

    function = _function(_read(tmp_path, files, function="app.bot:answer"))

    assert function.target == "app.bot:answer"
    assert {file.target for file in function.files} == {"app/__init__.py", "app/bot.py", "app/tools.py"}


def test_two_functions_alike_are_named_and_none_is_taken(tmp_path: Path) -> None:
    code = "def answer(question): return ''\n"

    prototype = _read(tmp_path, {"a.py": code, "b.py": code})

    assert prototype.function is None
    assert prototype.left_out[0].source == "a.py:answer and b.py:answer"
    assert "--function a.py:answer" in prototype.left_out[0].todo


def test_the_surest_name_wins(tmp_path: Path) -> None:
    prototype = _read(
        tmp_path,
        {
            "a.py": "def chat(message): return ''\n",
            "b.py": "def answer(q): return ''\n",
            "test_b.py": "def answer(q): ...\n",
        },
    )

    assert _function(prototype).source == "b.py:answer"


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("bot", "must be module:function"),
        ("bot:an swer", "must be module:function"),
        ("other:answer", "no module other.py"),
        ("bot:reply", "has no function 'reply'. It has: answer"),
        ("../bot:answer", "no module ../bot.py"),
    ],
)
def test_a_function_that_is_not_there_stops_everything(tmp_path: Path, wanted: str, words: str) -> None:
    with pytest.raises(FrontdeskError) as raised:
        _read(tmp_path, {"bot.py": "def answer(question): return ''\n"}, function=wanted)

    assert words in raised.value.public_message


KEY = "sk-ant-" + "api03-Zx9Qw8Er7Ty6Ui5Op4As3Df2"


@pytest.mark.parametrize(
    ("line", "is_taken"),
    [
        (f"client = Client('{KEY}')", False),
        ("api_key = 'f3a9c1d7e5b2480f9a61'", False),
        ("password = 'hunter2!x'", False),
        ("URL = 'postgresql://bot:s3cretpw@db.acme.org/x'", False),
        ("api_key = os.environ['OPENAI_API_KEY']", True),
        ("api_key = read_key_of_the_vendor_1()", True),
        ("api_key = 'YOUR_API_KEY_GOES_HERE_1'", True),
        ("URL = 'postgresql://bot:bot@localhost/x'", True),
        ("password = input_password_1()", True),
    ],
)
def test_code_with_a_key_is_not_copied(tmp_path: Path, line: str, is_taken: bool) -> None:
    prototype = _read(tmp_path, {"bot.py": f"import os\n{line}\ndef answer(question): return ''\n"})

    assert (prototype.function is not None) == is_taken, prototype.left_out
    if not is_taken:
        left_out = next(item for item in prototype.left_out if item.source == "bot.py:answer")
        assert left_out.reason.startswith("line 2 holds what looks like")
        assert "api_key_env" in left_out.todo


def test_a_key_in_a_module_behind_it_is_found_too(tmp_path: Path) -> None:
    files = {"bot.py": "import conf\ndef answer(question): return ''\n", "conf.py": f"\n\nKEY = '{KEY}'\n"}

    prototype = _read(tmp_path, files)

    assert prototype.function is None
    assert "it imports conf.py, and there line 3 holds" in prototype.left_out[0].reason


def test_a_module_called_as_one_of_python_is_not_copied(tmp_path: Path) -> None:
    prototype = _read(tmp_path, {"code.py": "def answer(question): return ''\n"})

    assert "has the name of one that comes with Python" in prototype.left_out[0].reason
