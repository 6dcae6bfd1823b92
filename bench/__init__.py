"""Measurements. Figures are printed, never asserted; ratios are taken within one run."""
