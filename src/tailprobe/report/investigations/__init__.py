"""Figures and a separate page for each investigation."""
