"""Turns as work: who runs them, when, and for how long.

admission   a message > run now, wait, be kept, or come again
pace        how many turns at once this process can keep up with
runner      accepts messages, keeps tasks, stops in order
claiming    turns that wait or were left > tasks of this process
leases      the promise to be at work, renewed; lost when it is not
working     one turn under its lease, to its ending
summary     words for what a long conversation was about, after the answer
"""
