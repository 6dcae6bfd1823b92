"""Python read and never run."""

import ast
import warnings
from collections.abc import Iterator

from frontdesk.releases.prototype.text_files import read_source
from frontdesk.releases.prototype.values import FoundFile, NotTakenError


def parse(file: FoundFile) -> tuple[str, ast.Module]:
    """A module's text and tree.

    Raises:
        NotTakenError: it cannot be read, or is not Python of this version.
    """
    text = read_source(file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            return text, ast.parse(text)
    except SyntaxError as error:
        raise NotTakenError(
            f"line {error.lineno or 1} is not Python: {error.msg}", "Mend it, then run this again."
        ) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise NotTakenError("it cannot be parsed as Python") from error


def string_constants(file: FoundFile) -> Iterator[tuple[str, str]]:
    """Names and texts of a module's top-level string constants; none where it cannot be read."""
    try:
        _, tree = parse(file)
    except NotTakenError:
        return
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target, value = node.targets[0], node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            target, value = node.target, node.value
        else:
            continue
        if isinstance(target, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield target.id, value.value
