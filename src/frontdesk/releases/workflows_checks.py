"""What can be wrong in a workflow though every value is of its kind."""

from collections.abc import Iterator, Mapping

from frontdesk.domain.connector import OperationSpec
from frontdesk.domain.errors import ConfigProblem
from frontdesk.releases.workflows_made import Made
from frontdesk.releases.yaml_files import YamlFile


def check_workflow(
    file: YamlFile, made: Made, operations: Mapping[str, OperationSpec] | None, default_language: str
) -> Iterator[ConfigProblem]:
    """Everything about one workflow."""
    for location in made.repeated:
        yield ConfigProblem(where=file.where(*location), message="A step of this id is there already.")
