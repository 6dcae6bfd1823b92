from pathlib import Path

import pytest

from frontdesk.bootstrap.folder_state import digest_of


@pytest.mark.parametrize("changed", ["assistant.yaml", "prompts/answer.md", "workflows/refund.yaml", "connectors.yaml"])
def test_a_change_of_release_content_changes_the_digest(tmp_path: Path, changed: str) -> None:
    path = tmp_path / changed
    path.parent.mkdir(exist_ok=True)
    path.write_text("one", encoding="utf-8")
    before = digest_of(tmp_path)

    path.write_text("two", encoding="utf-8")

    assert digest_of(tmp_path) != before


def test_tests_and_documents_are_no_release_content(tmp_path: Path) -> None:
    before = digest_of(tmp_path)

    for name in ("workflows/tests/refund.yaml", "knowledge/returns.md"):
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_text("one", encoding="utf-8")

    assert digest_of(tmp_path) == before
