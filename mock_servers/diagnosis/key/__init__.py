"""Mistakes with keys and key sets."""
