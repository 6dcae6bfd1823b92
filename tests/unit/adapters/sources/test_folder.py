"""A folder is read as it lies there, and never beyond itself."""

import os
from pathlib import Path

import pytest

from frontdesk.adapters.sources import FolderSource, SqlitePreparedCache
from frontdesk.domain.errors import UnavailableError
from frontdesk.domain.knowledge import Quarantined, RawDocument
from frontdesk.domain.release import KnowledgeSource


def fetch(root: Path, folder: str = "knowledge", max_bytes: int = 1000) -> list[RawDocument | Quarantined]:
    settings = KnowledgeSource(name="help", folder=folder, language="en", audience="members", owner="ops")
    return list(FolderSource(settings, root, max_bytes).fetch())


def quarantined(items: list[RawDocument | Quarantined]) -> dict[str, tuple[str, str]]:
    return {item.path: (item.reason, item.detail) for item in items if isinstance(item, Quarantined)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "knowledge"
    (folder / "en" / "deep").mkdir(parents=True)
    return folder


def test_documents_come_by_path_with_what_the_source_says_of_them(folder: Path) -> None:
    for name in ("z.md", "en/b.html", "en/a.MD", "en/deep/c.markdown", "d.htm"):
        (folder / name).write_text(name)
    items = fetch(folder.parent)
    assert [item.path for item in items] == ["d.htm", "en/a.MD", "en/b.html", "en/deep/c.markdown", "z.md"]
    first = items[0]
    assert isinstance(first, RawDocument)
    assert (first.source, first.content) == ("help", b"d.htm")
    assert first.defaults == {"language": "en", "audience": "members", "owner": "ops"}
    assert first.fetched_at.tzinfo is not None


def test_an_absolute_folder_is_read_where_it_is(folder: Path, tmp_path: Path) -> None:
    (folder / "a.md").write_text("words")
    assert [item.path for item in fetch(tmp_path / "elsewhere", str(folder))] == ["a.md"]


def test_hidden_files_and_images_are_passed_over_and_unread_formats_are_reported(folder: Path) -> None:
    (folder / ".git").mkdir()
    for name in (".git/a.md", ".draft.md", "logo.png", "style.css", "Makefile", "rules.PDF", "notes.txt"):
        (folder / name).write_text("x")
    assert {path: reason for path, (reason, _) in quarantined(fetch(folder.parent)).items()} == {
        "notes.txt": "format",
        "rules.PDF": "format",
    }


def test_a_link_may_not_lead_out_of_the_folder(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("secret")
    (tmp_path / "secrets").mkdir()
    (folder / "inside.md").write_text("fine")
    (folder / "link.md").symlink_to(folder / "inside.md")
    (folder / "out.md").symlink_to(tmp_path / "secret.md")
    (folder / "nowhere.md").symlink_to(tmp_path / "nothing.md")
    (folder / "loop.md").symlink_to(folder / "loop.md")
    (folder / "secrets").symlink_to(tmp_path / "secrets")
    items = fetch(folder.parent)
    assert [item.path for item in items if isinstance(item, RawDocument)] == ["inside.md", "link.md"]
    assert {path: reason for path, (reason, _) in quarantined(items).items()} == dict.fromkeys(
        ("loop.md", "nowhere.md", "out.md", "secrets"), "unreadable"
    )


def test_a_file_that_is_too_big_is_not_read(folder: Path) -> None:
    (folder / "big.md").write_bytes(b"x" * 1001)
    (folder / "fits.md").write_bytes(b"x" * 1000)
    items = fetch(folder.parent)
    assert quarantined(items) == {"big.md": ("too_big", "larger than 1,000 bytes")}
    assert len(items) == 2


def test_a_pipe_under_a_documents_name_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe.md")
    assert quarantined(fetch(folder.parent)) == {"pipe.md": ("unreadable", "not a regular file")}


def test_a_name_that_is_not_text_is_reported_in_text(folder: Path) -> None:
    (Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.md"))).write_text("x")
    found = quarantined(fetch(folder.parent))
    assert found == {"caf\\udce9.md": ("unreadable", "its name is not valid UTF-8")}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_reported(folder: Path) -> None:
    (folder / "locked.md").write_text("x")
    (folder / "locked.md").chmod(0)
    (folder / "closed").mkdir(mode=0)
    assert {reason for reason, _ in quarantined(fetch(folder.parent)).values()} == {"unreadable"}


def test_a_folder_that_is_not_there_is_an_error_and_not_an_empty_source(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for name in ("missing", "file"):
        with pytest.raises(UnavailableError, match="'help' cannot be read"):
            fetch(tmp_path, name)


def test_prepared_documents_are_kept_between_runs(tmp_path: Path) -> None:
    entries = {f"key{number}": b"value" for number in range(1200)}
    SqlitePreparedCache(tmp_path / "data" / "prepared.db").put_many(entries)
    found = SqlitePreparedCache(tmp_path / "data" / "prepared.db").get_many([*entries, "unknown"])
    assert found == entries


def test_a_damaged_file_of_prepared_documents_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "prepared.db"
    path.write_bytes(b"this is no database" * 100)
    cache = SqlitePreparedCache(path)
    assert cache.get_many(["a"]) == {}
    cache.put_many({"a": b"1"})
    assert cache.get_many(["a"]) == {"a": b"1"}


def test_a_place_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "prepared.db").mkdir()
    cache = SqlitePreparedCache(tmp_path / "prepared.db")
    cache.put_many({"a": b"1"})
    assert cache.get_many(["a"]) == {}
