"""The platform: all services of a mock, wired together, and its interface for tests and people."""
