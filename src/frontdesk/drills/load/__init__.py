"""What an installation bears: people who come when they come, whether or not it keeps up.

line       one HTTP connection of one visitor, cheap enough that the visitors do not use up the machine they measure
visits     one person's visit: opens a conversation, asks, listens to the end; and what it was like
arrivals   visits begun at their appointed times (open loop), or one after another (closed loop)
profiles   steady, spike, overload, soak, readers: which rates for how long
capacity   how many good answers a second there are at most
readers    people who read slowly, and a conversation long enough to be slow about
gauges     what the server's process uses meanwhile
figures    percentiles, exact bounds, goodput, recovery
verdicts   what is promised, and whether it held            judging    which promises a profile puts to the test
report     what the drill is asked to do, and what came of it
scenery    a server of its own
drill      all of it in order
"""

from frontdesk.drills.load.drill import drill_load
from frontdesk.drills.load.profiles import PROFILES
from frontdesk.drills.load.report import LoadPlan, LoadReport

__all__ = ["PROFILES", "LoadPlan", "LoadReport", "drill_load"]
