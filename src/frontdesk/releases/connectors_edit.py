"""Changes to connectors.yaml that leave everything else in it as it was written, remarks included."""

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable

import yaml

from frontdesk.domain.errors import ConflictError, NotFoundError

Pins = Mapping[tuple[str, str], str]
"""By connector and operation."""
_HEAD = "connectors:\n"


def ready_names() -> list[str]:
    """Systems for which a mapping comes along."""
    return sorted(file.name.removesuffix(".yaml") for file in _shelf().iterdir() if file.name.endswith(".yaml"))


def ready_mapping(name: str) -> str:
    """A connectors.yaml with one system. Raises: NotFoundError."""
    if name not in ready_names():
        raise NotFoundError(f"There is no ready mapping '{name}'. There are {', '.join(ready_names())}.")
    return (_shelf() / f"{name}.yaml").read_text(encoding="utf-8")


def with_system(text: str, ready: str, name: str) -> str:
    """The file with one more system at its end.

    Args:
        ready: a connectors.yaml with that system alone.
    Raises:
        ConflictError: it has one of that name already, or isn't written as a block.
    """
    if not text.strip():
        return ready
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    block = _value(root, "connectors")
    if not isinstance(block, yaml.MappingNode) or block.flow_style:
        raise ConflictError("connectors.yaml has no `connectors:` with systems below it; write one by hand.")
    if _value(block, name) is not None:
        raise ConflictError(f"connectors.yaml describes a system called `{name}` already.")
    indent = block.value[0][0].start_mark.column if block.value else 2
    added = _indented(ready.split(_HEAD, 1)[1], by=indent - 2)
    remark = "".join(f"{' ' * indent}{line}\n" for line in ready.split(_HEAD, 1)[0].splitlines())
    end = block.end_mark.index
    before, after = text[:end].rstrip("\n"), text[end:].lstrip("\n")
    return f"{before}\n\n{remark}{added.rstrip()}\n" + (f"\n{after}" if after.strip() else "")


def with_pins(text: str, pins: Pins) -> str:
    """The file with these pins in its operations; one that has none gets it behind its `tool`."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    for start, end, written in sorted(_changes(root, pins), reverse=True):
        text = text[:start] + written + text[end:]
    return text


def _changes(root: yaml.Node | None, pins: Pins) -> Iterator[tuple[int, int, str]]:
    """What to put in the place of which characters."""
    for (connector, operation), pin in pins.items():
        node = root
        for key in ("connectors", connector, "operations", operation):
            node = _value(node, key)
        old, tool = _value(node, "pin"), _value(node, "tool")
        if old is not None:
            yield old.start_mark.index, old.end_mark.index, f'"{pin}"'
        elif tool is not None and isinstance(node, yaml.MappingNode):
            column = node.value[0][0].start_mark.column
            between = ", " if node.flow_style else "\n" + " " * column
            yield tool.end_mark.index, tool.end_mark.index, f'{between}pin: "{pin}"'


def _value(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for name, value in node.value if name.value == key), None)


def _indented(text: str, *, by: int) -> str:
    if by <= 0:
        return text
    return re.sub(r"(?m)^(?=.)", " " * by, text)


def _shelf() -> Traversable:
    return files("frontdesk.releases").joinpath("ready_connectors")
