"""Where a list goes on."""

from collections.abc import Mapping
from typing import Any

import httpx

from frontdesk.adapters.connectors.failing import malformed
from frontdesk.adapters.connectors.http_request import HttpRequest
from frontdesk.domain.connector_source import Pages
from frontdesk.domain.record_path import MISSING, parse_path


def next_page(
    pages: Pages,
    first: HttpRequest,
    now: HttpRequest | str,
    response: httpx.Response,
    reply: Any,
    records: Any,
    base_url: str,
) -> HttpRequest | str | None:
    """The request for the next page, or its whole address; None after the last one.

    Raises:
        CallError: malformed: it leads to another host, or nowhere.
    """
    has_more = not pages.more_at or parse_path(pages.more_at).find(reply) is True
    if not has_more or not isinstance(records, list) or not records:
        return None
    if pages.kind == "page":
        return _numbered(pages, first, now, len(records))
    if pages.kind == "link":
        return _on_this_host(_links(response).get("next", ""), base_url)
    found = parse_path(pages.at).find(records[-1] if pages.kind == "last_record" else reply)
    if pages.kind == "next_url":
        return _on_this_host(found if isinstance(found, str) else "", base_url)
    return _continued(pages, first, found)


def _numbered(pages: Pages, first: HttpRequest, now: HttpRequest | str, count: int) -> HttpRequest | None:
    if pages.page_size and count < pages.page_size:
        return None
    number = int(now.query.get(pages.parameter, pages.first)) if isinstance(now, HttpRequest) else pages.first
    return first.with_parameter(pages.parameter, str(number + 1))


def _continued(pages: Pages, first: HttpRequest, mark: Any) -> HttpRequest | None:
    if mark is MISSING or mark is None or mark == "":
        return None
    if isinstance(mark, bool) or not isinstance(mark, str | int):
        raise malformed(pages.at, "does not lead on")
    return first.with_parameter(pages.parameter, str(mark))


def _links(response: httpx.Response) -> Mapping[str, str]:
    return {name: link["url"] for name, link in response.links.items() if name and "url" in link}


def _on_this_host(address: str, base_url: str) -> str | None:
    if not address:
        return None
    base = httpx.URL(base_url + "/")
    found = base.join(address)
    if (found.scheme, found.host, found.port) != (base.scheme, base.host, base.port):
        raise malformed("the next page", "is on another host")
    return str(found)
