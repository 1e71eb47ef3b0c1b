"""The mock's own API, under one reserved prefix that no real service has."""
