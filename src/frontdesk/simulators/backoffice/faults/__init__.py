"""Every way in which systems of a company are known to fail.

kinds     what a fault does, by its name       plan    which one is in force for a request
damage    answers that are not what was agreed  past    answers from before
wall      stands before the systems: notes each request, and fails it as planned
"""
