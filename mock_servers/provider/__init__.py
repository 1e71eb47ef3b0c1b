"""The identity providers as data: what a provider consists of, its errors, and the list of all providers."""
