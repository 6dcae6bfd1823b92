"""One folder per port module; every port has a local twin here that needs nothing from outside."""
