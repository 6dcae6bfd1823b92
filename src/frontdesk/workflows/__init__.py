"""Workflows: what follows from a definition, a run and a customer's word. Nothing here waits or calls anything."""
