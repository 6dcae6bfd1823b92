"""The effects drill: servers die while another system is changed, and that system's own log is counted.

ledger      the other system, over HTTP; it keeps a log of all that it was made to do
assistant   the installation's assistant with one workflow, which books in the ledger
customers   they confirm a booking and wait for its end
drill       one kill after the other, each at another moment of a booking
"""

from frontdesk.drills.effects.drill import EffectsOptions, EffectsReport, run_effects_drill

__all__ = ["EffectsOptions", "EffectsReport", "run_effects_drill"]
