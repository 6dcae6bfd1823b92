"""Releases: reading an assistant folder and composing what a turn is given.

folder     YAML and prompts > AssistantContent, or every mistake with its file and line
manifest   AssistantContent and a snapshot > ReleaseManifest, named by its content
"""

from frontdesk.releases.folder import FILES, MANY_FILES, json_schema, read_assistant
from frontdesk.releases.manifest import compose_manifest

__all__ = ["FILES", "MANY_FILES", "compose_manifest", "json_schema", "read_assistant"]
