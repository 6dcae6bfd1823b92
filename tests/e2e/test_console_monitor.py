"""The monitor before a browser: it keeps itself up to date, and leaves a reader in peace."""

from typing import Any

from playwright.sync_api import Page, expect


def test_what_happens_appears_by_itself(staff: Page, site: str, server: Any) -> None:
    staff.goto(f"{site}/console/monitor")
    expect(staff.locator("[data-live]")).to_have_text("Live")
    server.note("vendor.key_refused", subject="acme large-1", severity="critical", route="main")
    expect(staff.get_by_text("A vendor refuses the key")).to_be_visible(timeout=15_000)
    staff.get_by_role("link", name="critical only").click()
    expect(staff.get_by_text("A vendor refuses the key")).to_be_visible()
    expect(staff.get_by_role("link", name="critical only")).to_have_attribute("aria-current", "true")


def test_details_that_somebody_reads_are_not_closed_under_their_eyes(staff: Page, site: str, server: Any) -> None:
    server.note("breaker.opened", subject="acme small-1", route="second")
    staff.goto(f"{site}/console/monitor")
    entry = staff.locator(".occurrences li", has_text="acme small-1")
    entry.locator("summary").click()
    expect(entry.locator("pre")).to_have_text("route: second")
    server.note("breaker.closed", subject="acme small-1", severity="info")
    expect(staff.get_by_role("button", name="There is news")).to_be_visible(timeout=15_000)
    expect(entry.locator("pre")).to_be_visible()
    staff.get_by_role("button", name="There is news").click()
    expect(staff.get_by_text("A deployment or another system answers again")).to_be_visible()
