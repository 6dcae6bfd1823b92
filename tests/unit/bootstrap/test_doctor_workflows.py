from dataclasses import replace
from pathlib import Path

import pytest

from frontdesk.bootstrap.doctor.procedures import check_workflows
from frontdesk.domain.release import AssistantContent
from frontdesk.releases import read_assistant
from procedures import ASSISTANT, workflow

EXAMPLE = Path(__file__).parents[3] / "examples" / "harbor-and-pine"


@pytest.fixture(scope="module")
def content() -> AssistantContent:
    return replace(read_assistant(EXAMPLE), connectors=())


def test_counts_workflows_and_tests_where_all_is_well() -> None:
    demo = read_assistant(EXAMPLE)

    found = list(check_workflows(EXAMPLE, demo))

    assert found[0].state == "ok"
    assert found[0].detail.startswith(f"{len(demo.workflows)} workflows, ")


def test_warns_of_languages_tests_and_switches(content: AssistantContent, tmp_path: Path) -> None:
    off = replace(workflow("send_back"), share=0.0)

    sentences = [check.sentence for check in check_workflows(tmp_path, replace(content, workflows=(off,)))]

    assert any("`send_back` says nothing in es, de; such customers read 'en'." in one for one in sentences)
    assert any("`send_back` has no tests." in one for one in sentences)
    assert any("`send_back` is switched off everywhere." in one for one in sentences)


def test_mistakes_in_tests_are_problems(content: AssistantContent) -> None:
    found = list(check_workflows(ASSISTANT, replace(content, workflows=(workflow("refund_status"),))))

    assert {check.state for check in found} == {"problem"}
    assert "refund_status.yaml:" in found[0].where


def test_says_nothing_of_an_assistant_without_workflows(content: AssistantContent) -> None:
    assert list(check_workflows(EXAMPLE, replace(content, workflows=()))) == []
