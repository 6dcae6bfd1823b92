"""A few kills of the effects drill: real processes, a real ledger, and its log."""

from pathlib import Path

from frontdesk.drills.effects import EffectsOptions, run_effects_drill

DEMO = Path(__file__).parents[3] / "examples" / "harbor-and-pine"


async def test_a_booking_that_kill_9_interrupts_is_made_once() -> None:
    report = await run_effects_drill(EffectsOptions(assistant=DEMO, kills=2, customers=2, seed=3, ways=("blind",)))
    assert (report.kills, report.bookings) == (2, 4)
    assert report.is_clean, report.as_json()
    assert report.done == report.bookings
