"""Commands that a page offers, as data, and who writes them for each shell."""
