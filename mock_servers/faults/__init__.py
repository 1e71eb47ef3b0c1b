"""What goes wrong on a test's order: at which place, in which way, how often."""
