"""Files from npm: pinned, checked, and not needed."""

import hashlib
import importlib.util
import json
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fetch_assets", ROOT / "tools" / "fetch_assets.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The tool with one small file to fetch, in a checkout of its own."""
    module = _load()
    digest = hashlib.sha256(b"right").hexdigest()
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "ASSETS", (module.Asset("package/file.js", "vendor/file.js", digest),))
    (tmp_path / "package.json").write_text("{}", encoding="utf-8")
    return module


def _package_with(content: bytes) -> object:
    def install(folder: Path) -> None:
        file = folder / "node_modules" / "package" / "file.js"
        file.parent.mkdir(parents=True)
        file.write_bytes(content)

    return install


def test_every_package_is_pinned_to_one_version() -> None:
    manifest = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    versions = {**manifest["dependencies"], **manifest["devDependencies"]}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions.values())


def test_copies_the_file_whose_digest_is_right(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tool, "install", _package_with(b"right"))
    assert tool.main() == 0
    assert (tmp_path / "vendor" / "file.js").read_bytes() == b"right"


def test_refuses_a_file_that_is_not_the_pinned_one(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tool, "install", _package_with(b"wrong"))
    assert tool.main() == 1
    assert not (tmp_path / "vendor" / "file.js").exists()
    assert "package/file.js is not the file that is pinned" in capsys.readouterr().err


def test_fetches_again_what_was_changed_here(tool: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tool, "install", _package_with(b"right"))
    target = tmp_path / "vendor" / "file.js"
    target.parent.mkdir()
    target.write_bytes(b"changed")
    assert tool.main() == 0
    assert target.read_bytes() == b"right"


def test_does_nothing_where_all_is_there(tool: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tool, "install", lambda _: pytest.fail("nothing is missing"))
    target = tmp_path / "vendor" / "file.js"
    target.parent.mkdir()
    target.write_bytes(b"right")
    assert tool.main() == 0


@pytest.mark.parametrize("broken", ["no npm and no node to install", "npm that fails"])
def test_setting_up_goes_on_without_npm_and_says_what_is_missing(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], broken: str, tmp_path: Path
) -> None:
    failing = tmp_path / "npm"
    failing.write_text("#!/bin/sh\necho 'npm error no way out' >&2\nexit 1\n", encoding="utf-8")
    failing.chmod(0o755)
    is_there = broken == "npm that fails"
    monkeypatch.setattr(tool.shutil, "which", lambda _: str(failing) if is_there else None)
    monkeypatch.setattr(tool, "_python_installer", lambda: [str(tmp_path / "nothing")])
    assert tool.main() == 0
    said = capsys.readouterr().err
    assert "The pages work without" in said
    assert ("no way out" if is_there else "could not be installed") in said


def test_only_files_below_the_ignored_folders_are_written() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    folders = {f"/{Path(asset.target).parent}/" for asset in _load().ASSETS}
    assert folders <= set(ignored)
