"""Other systems behind one port.

calling        OutsideSystem: memory, retries and typed records around any transport
gate           breaker, pace and places; every request passes it
records        replies become typed records, or are malformed by field
http           HTTP with JSON, described by a mapping
mcp            tools of servers of the Model Context Protocol, as a process of ours or at an address
sql            databases that are only read
python         functions of one's own
"""

from frontdesk.adapters.connectors.calling import OutsideSystem
from frontdesk.adapters.connectors.gate import Gate
from frontdesk.adapters.connectors.http import HttpTransport
from frontdesk.adapters.connectors.http_auth import Credentials
from frontdesk.adapters.connectors.mcp import McpTransport, pin_of
from frontdesk.adapters.connectors.mcp_http import HttpLink
from frontdesk.adapters.connectors.mcp_process import ProcessLink
from frontdesk.adapters.connectors.python import PythonTransport
from frontdesk.adapters.connectors.sql import SqlTransport
from frontdesk.adapters.connectors.transport import Transport

__all__ = [
    "Credentials",
    "Gate",
    "HttpLink",
    "HttpTransport",
    "McpTransport",
    "OutsideSystem",
    "ProcessLink",
    "PythonTransport",
    "SqlTransport",
    "Transport",
    "pin_of",
]
