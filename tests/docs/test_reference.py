"""The reference says what the code says now."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("write_reference", ROOT / "tools" / "write_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "name", ["settings.md", "cli.md", "assistant-folder.md", "metrics.md", "errors.md", "events.md"]
)
def test_a_committed_page_is_what_the_tool_writes_now(writer: ModuleType, name: str) -> None:
    committed = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")

    assert committed == writer.pages()[name], "Run `make docs` and commit what it writes."


def test_the_tool_writes_no_page_that_is_not_checked(writer: ModuleType) -> None:
    written = {path.name for path in (ROOT / "docs" / "reference").glob("*.md")}

    assert written == {*writer.pages(), "http.md"}


def test_what_says_nothing_about_itself_stops_the_tool(writer: ModuleType) -> None:
    with pytest.raises(writer.UndocumentedError, match="setting port"):
        writer._needed(" ", "setting port")
