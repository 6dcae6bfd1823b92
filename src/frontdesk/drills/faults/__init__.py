"""Every way in which a vendor fails, one after the other, on a copy of one's own assistant.

scene      one fault: what breaks, what is asked meanwhile, and what must hold
acts       what is asked: one after the other, all at once, steadily
rules      what must hold, read from what customers heard and from the vendors' own logs
promises   what customers are promised, in figures
catalogue  all scenes
stand      two vendors, a database, and a fresh server for every scene
drill      plays them and judges
report     the table
"""

from frontdesk.drills.faults.catalogue import SCENES
from frontdesk.drills.faults.drill import FaultOptions, run_fault_drill
from frontdesk.drills.faults.report import FaultReport, SceneReport

__all__ = ["SCENES", "FaultOptions", "FaultReport", "SceneReport", "run_fault_drill"]
