"""Mistakes in client assertions."""
