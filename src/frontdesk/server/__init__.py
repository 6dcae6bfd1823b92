"""The HTTP door.

app        create_app(App): every route with its access      run        serve(): the process; running_server() beside others
api/       conversations, openai, admin                      pages      chat, reference, static files
access     who may use which route                           problems   errors become HTTP here and nowhere else
streams    readers of the log as server-sent events          edge       size, security headers, origins
"""

from frontdesk.server.app import create_app
from frontdesk.server.run import running_server, serve

__all__ = ["create_app", "running_server", "serve"]
