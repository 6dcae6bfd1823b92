"""Workflows: what follows from a definition, a run and a customer's word. Nothing here waits or calls anything.

stepper       how a run begins and goes on: commands and readings in, moves out
hearing       what the customer's words change
taking        from step to step;  walking: one advance of a run
slots         whether something may be a slot's value
dependencies  what rests on what, so that a correction reads again what it has to
conditions    the little language of conditions: expressions, expression_types, shapes, evaluation
templates     texts with gaps;  formats: how values are written in each language;  wording: the general sentences
roads         between the steps;  certainty: what is sure to be known at each
described     steps in words;  drawing: as a diagram
scope         where a workflow is switched on
testing       tests in plain steps;  expecting: what they hold
"""
