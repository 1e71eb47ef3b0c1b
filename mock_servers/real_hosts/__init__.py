"""Clients at the real host names: a certificate authority, its trust stores, and the environment variables."""
