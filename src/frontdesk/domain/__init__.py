"""Pure nouns and rules: standard library only, no clock, no randomness."""
