"""Builds the documentation pages, the site and a release. Not part of the wheel."""
