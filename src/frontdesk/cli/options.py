"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from frontdesk.settings import Settings, load_settings

AssistantOption = Annotated[
    Path | None, typer.Option("--assistant", help="Assistant folder (FRONTDESK_ASSISTANT_DIR).", show_default=False)
]
DataOption = Annotated[
    Path | None, typer.Option("--data-dir", help="Data folder (FRONTDESK_DATA_DIR).", show_default=False)
]
HostOption = Annotated[
    str | None, typer.Option("--host", help="Address to listen on (FRONTDESK_HOST).", show_default=False)
]
PortOption = Annotated[
    int | None, typer.Option("--port", help="Port to listen on (FRONTDESK_PORT).", show_default=False)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def settings_for(
    assistant: Path | None = None,
    data_dir: Path | None = None,
    host: str | None = None,
    port: int | None = None,
    *,
    demo: bool | None = None,
) -> Settings:
    """The environment's settings with the command line's on top.

    Raises:
        ConfigError: every wrong setting.
    """
    return load_settings(assistant_dir=assistant, data_dir=data_dir, host=host, port=port, demo=demo)
