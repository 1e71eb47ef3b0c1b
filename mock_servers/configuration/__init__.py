"""Reads the configuration: the file, its members, and their limits."""
