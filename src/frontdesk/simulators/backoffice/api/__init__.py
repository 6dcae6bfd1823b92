"""The eight systems' own APIs, each as unlike the others as systems of a company are."""
