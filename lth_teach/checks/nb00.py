"""Checks of notebook 00."""
