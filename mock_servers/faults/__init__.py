"""Faults that a test orders: at which place, of which kind, how often."""
