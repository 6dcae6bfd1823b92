"""Other systems behind one port.

calling        OutsideSystem: memory, retries and typed records around any transport
gate           breaker, pace and places; every request passes it
records        replies become typed records, or are malformed by field
http           HTTP with JSON, described by a mapping
python         functions of one's own
"""

from frontdesk.adapters.connectors.calling import OutsideSystem
from frontdesk.adapters.connectors.gate import Gate
from frontdesk.adapters.connectors.http import HttpTransport
from frontdesk.adapters.connectors.python import PythonTransport
from frontdesk.adapters.connectors.transport import Transport

__all__ = ["Gate", "HttpTransport", "OutsideSystem", "PythonTransport", "Transport"]
