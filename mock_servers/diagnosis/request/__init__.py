"""Mistakes in the request itself: form, grant, path, place, scope."""
