"""Where a request came from, as far as the network tells."""

import ipaddress

from fastapi import Request

_HOME_BITS = 64
"""Of an IPv6 address: what one household or machine is given whole."""


def client_address(request: Request) -> str:
    """The peer, or what the outermost of one's own proxies says of its peer."""
    peer = request.client.host if request.client else ""
    proxies: int = request.app.state.frontdesk.settings.proxies
    if not proxies:
        return peer
    told = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    found = told[-proxies].strip() if len(told) >= proxies else ""
    return found if _parse(found) else peer


def sender_of(request: Request) -> str:
    """What tells senders apart; empty for this machine itself, whose processes may speak for anybody."""
    address = client_address(request)
    parsed = _parse(address)
    if parsed is None or parsed.is_loopback:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, _HOME_BITS), strict=False).network_address)
    return str(parsed)


def _parse(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    return parsed.ipv4_mapped or parsed if isinstance(parsed, ipaddress.IPv6Address) else parsed
