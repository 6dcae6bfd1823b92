"""All we ask of the outside world, as protocols."""
