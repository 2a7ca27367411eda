"""The use cases of this feature, one module for each noun of its verbs."""
