"""Requests and answers as they are kept: records, findings, and the source of values."""
