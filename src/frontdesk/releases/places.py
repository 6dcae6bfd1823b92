"""Where things stand in models.yaml, for messages about what no schema can tell."""

from collections.abc import Iterator
from pathlib import Path

import yaml

from frontdesk.releases.yaml_files import read_text


class Places:
    """Lines of routes and of the budget; a route is found by its name, in whatever ladder it is written down."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._root = yaml.compose(read_text(path), Loader=yaml.SafeLoader)
        except (OSError, ValueError, yaml.YAMLError):  # whoever read it before us has said so
            self._root = None

    def of_route(self, name: str, field: str = "name") -> str:
        """`file:line` of a field of the route; of its name where the field is not written down."""
        for mapping in _mappings(self._root):
            lines = {key.value: key.start_mark.line + 1 for key, _ in mapping.value}
            named = {key.value: value.value for key, value in mapping.value if isinstance(value, yaml.ScalarNode)}
            if named.get("name") == name and "adapter" in lines:
                return f"{self._path}:{lines.get(field, lines['name'])}"
        return str(self._path)

    def of(self, *keys: str) -> str:
        """`file:line` of a value by its keys, or of the deepest of them that is written down."""
        node, line = self._root, 1
        for key in keys:
            if not isinstance(node, yaml.MappingNode):
                break
            found = next(((name, value) for name, value in node.value if name.value == key), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        return f"{self._path}:{line}"


def _mappings(node: yaml.Node | None) -> Iterator[yaml.MappingNode]:
    if isinstance(node, yaml.MappingNode):
        yield node
        for _, value in node.value:
            yield from _mappings(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _mappings(item)
