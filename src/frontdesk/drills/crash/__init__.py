"""Kill servers with turns in flight, cut streams, and count what is lost, told twice or glued.

house     the scenery: a vendor, a database and one or more servers, which die and come back
visits    customers with questions, each with a word of their own; some ask for a person in between
blows     what happens then: a server is killed, ended in order, or the database restarts
kills     one round: ask, let the blow fall at a random moment, let everybody finish, judge
cuts      readers that hang up at random bytes and go on elsewhere
findings  what the rounds found, added up
drill     the whole campaign
"""

from frontdesk.drills.crash.drill import CrashOptions, Progress, run_crash_drill
from frontdesk.drills.crash.findings import Findings, Report

__all__ = ["CrashOptions", "Findings", "Progress", "Report", "run_crash_drill"]
