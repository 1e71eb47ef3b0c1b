"""Mistakes at the identity providers."""
