"""Mistakes with codes and tokens."""
