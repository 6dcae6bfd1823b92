"""What the pages name exists."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer.main

from docs.pages import ROOT, anchors, links, name_of, pages
from frontdesk.adapters.telemetry import PrometheusTelemetry
from frontdesk.cli.main import app
from frontdesk.domain.occurrences import KINDS
from frontdesk.settings import PREFIX, Settings


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_internal_link_leads_somewhere(page: Path) -> None:
    lost = []
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        path = (page.parent / target).resolve() if target else page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            lost.append(link)

    assert not lost


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_command_and_option_on_a_page_exists(page: Path) -> None:
    unknown = []
    for line in page.read_text(encoding="utf-8").splitlines():
        for match in re.finditer(r"(?:^|[\s`(/])frontdesk (?=[a-z])([^`|;#]+)", line):
            if problem := _problem_with(match[1].split()):
                unknown.append(f"{match[0].strip()}: {problem}")

    assert not unknown


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_setting_on_a_page_exists(page: Path) -> None:
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", page.read_text(encoding="utf-8")))

    assert named <= {PREFIX + key.upper() for key in Settings.model_fields} | {"FRONTDESK_PROT"}


def test_the_page_on_faults_explains_every_kind_of_occurrence_and_names_no_metric_that_is_not_there() -> None:
    page = (ROOT / "docs" / "guide" / "when-things-break.md").read_text(encoding="utf-8")
    metrics = {f"frontdesk_{name}" for name in re.findall(r"^# TYPE frontdesk_(\w+)", _metrics(), re.MULTILINE)}

    assert dict(re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \| (.+) \|$", page, re.MULTILINE)) == dict(KINDS)
    assert set(re.findall(r"\bfrontdesk_[a-z_]+", page)) <= metrics


def _metrics() -> str:
    return PrometheusTelemetry().render().decode()


def test_every_make_target_is_explained() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z0-9]+):.*## ", makefile, re.MULTILINE))
    page = (ROOT / "docs" / "guide" / "contributing.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| `make ([a-z0-9]+)` \|", page, re.MULTILINE))

    assert explained == targets


def test_every_page_is_reachable_from_the_start() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md" or not page.exists():
            continue
        seen.add(page)
        targets = (link.partition("#")[0] for link in links(page) if not re.match(r"[a-z]+:", link))
        waiting += [(page.parent / target).resolve() for target in targets if target]

    assert {name_of(page) for page in pages()} <= {name_of(page) for page in seen}


def test_every_requirement_cited_in_the_code_is_listed() -> None:
    listed = set(
        re.findall(r"^\| (R\d+) \|", (ROOT / "docs" / "requirements.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    cited: set[str] = set()
    for folder in ("src", "tests", "bench"):
        for path in (ROOT / folder).rglob("*.py"):
            cited |= set(re.findall(r"\(R\d{1,3}\)|requirement R\d{1,3}", path.read_text(encoding="utf-8")))

    assert {match for text in cited for match in re.findall(r"R\d+", text)} <= listed


def _problem_with(words: list[str]) -> str:
    """What is wrong with a command as written; empty when nothing is."""
    command: Any = typer.main.get_command(app)
    for word in words:
        if word.startswith("--"):
            name = word.partition("=")[0].rstrip(".,)")
            known = {option for item in command.params for option in item.opts} | {"--help", "--version"}
            if name not in known:
                return f"no option {name}"
        elif hasattr(command, "commands"):
            name = word.rstrip(".,):")
            if name not in command.commands:
                return f"no command {name}" if re.fullmatch(r"[a-z]+", name) else ""
            command = command.commands[name]
    return ""
