"""Outside systems that run here and break on demand: for the demo, drills, tests and rehearsals."""
