"""Files of the pages: addresses, caching, compression."""

import gzip
from typing import Any

import pytest

from frontdesk.server.pages.statics import asset, has_asset, static_files, static_version


async def test_a_pinned_file_is_kept_for_good_and_any_page_may_load_it(desk: Any) -> None:
    response = await desk.client.get(asset("console.js"))
    assert response.status_code == 200
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"
    assert response.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("path", ["/static/console.js", "/static/0123456789ab/console.js"])
async def test_an_unpinned_or_outdated_address_gives_the_newest_for_a_short_time(desk: Any, path: str) -> None:
    response = await desk.client.get(path)
    assert response.content == static_files()["console.js"].content
    assert response.headers["cache-control"] == "public, max-age=300"


async def test_a_file_that_has_not_changed_is_not_sent_again(desk: Any) -> None:
    for accepted in ("gzip", "identity"):
        first = await desk.client.get("/static/console.css", headers={"Accept-Encoding": accepted})
        again = await desk.client.get(
            "/static/console.css", headers={"Accept-Encoding": accepted, "If-None-Match": first.headers["etag"]}
        )
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["vary"] == "Accept-Encoding"


async def test_text_is_compressed_for_those_who_take_it(desk: Any) -> None:
    plain = await desk.client.get("/static/console.js", headers={"Accept-Encoding": "identity"})
    refused = await desk.client.get("/static/console.js", headers={"Accept-Encoding": "gzip;q=0"})
    packed = await desk.client.get("/static/console.js", headers={"Accept-Encoding": "br, gzip"})
    assert "content-encoding" not in plain.headers
    assert "content-encoding" not in refused.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.content) / 2
    assert packed.content == plain.content
    assert {one.headers["vary"] for one in (plain, refused, packed)} == {"Accept-Encoding"}
    assert len({plain.headers["etag"], packed.headers["etag"]}) == 2


async def test_a_large_page_is_compressed_too(desk: Any) -> None:
    packed = await desk.client.get("/docs", headers={"Accept-Encoding": "gzip"})
    plain = await desk.client.get("/docs", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text
    assert int(packed.headers["content-length"]) == len(gzip.compress(plain.content, 4, mtime=0))


@pytest.mark.parametrize(
    "path",
    ["..%2fapp.py", "nothing.js", "%2e%2e/app.py", "", "0123456789ab/%2e%2e/%2e%2e/app.py", "0123456789ab", "vendor"],
)
async def test_only_files_of_the_folder_are_served(desk: Any, path: str) -> None:
    assert (await desk.client.get(f"/static/{path}")).status_code == 404


def test_templates_cannot_name_a_file_that_is_not_there() -> None:
    assert asset("icon.svg") == f"/static/{static_version()}/icon.svg"
    assert not has_asset("nothing.css")
    with pytest.raises(ValueError, match="no static file"):
        asset("nothing.css")


def test_every_kind_of_file_has_its_media_type() -> None:
    kinds = {path.rpartition(".")[2]: file.media_type for path, file in static_files().items()}
    assert kinds["css"].startswith("text/css")
    assert kinds["svg"] == "image/svg+xml"
    assert kinds.get("woff2", "font/woff2") == "font/woff2"
