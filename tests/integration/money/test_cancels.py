"""A thousand drafts given up at random moments: the ledger agrees with the vendor's bill."""

from bench.cancels import measure, vendor_at_hand

from frontdesk.ports.stores import Database


async def test_the_ledger_equals_the_bill_after_a_thousand_cancels(database: Database) -> None:
    async with vendor_at_hand() as (vendor, client):
        found = await measure(database, vendor, client, counts_each_chunk=True)
    assert found.cancelled >= 1_000
    assert abs(found.off) <= 0.001, found
    assert found.left_reserved_usd == 0
    assert found.reconciled_usd == found.bill_usd


async def test_a_vendor_that_counts_at_the_end_only_is_estimated_and_put_right_by_its_bill(database: Database) -> None:
    async with vendor_at_hand() as (vendor, client):
        found = await measure(database, vendor, client, counts_each_chunk=False, cancels=200)
    assert found.estimated_usd > 0
    assert abs(found.off) <= 0.02, found
    assert found.left_reserved_usd == 0
    assert found.reconciled_usd == found.bill_usd
