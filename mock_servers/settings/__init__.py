"""Settings, their limits, and the table of real hosts."""
