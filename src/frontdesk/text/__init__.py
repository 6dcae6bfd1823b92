"""Text rules that both journeys share; pure functions."""
