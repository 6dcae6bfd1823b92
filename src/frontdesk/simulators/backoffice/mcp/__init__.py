"""The back office's data as tools of the Model Context Protocol, in a process of its own.

tools      what can be asked, each with the schema that a client pins
protocol   JSON-RPC messages in and out
stdio      one message a line on standard input and output
http       the streamable HTTP transport: /mcp
"""

from frontdesk.simulators.backoffice.mcp.http import create_mcp, run_http
from frontdesk.simulators.backoffice.mcp.protocol import VERSIONS, Speaker
from frontdesk.simulators.backoffice.mcp.stdio import run_stdio
from frontdesk.simulators.backoffice.mcp.tools import tools_of

__all__ = ["VERSIONS", "Speaker", "create_mcp", "run_http", "run_stdio", "tools_of"]
