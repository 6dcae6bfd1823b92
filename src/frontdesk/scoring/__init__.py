"""Scorers: evaluation and live monitoring measure with the same ruler."""
