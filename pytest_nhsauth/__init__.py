"""The pytest plugin: fixtures, markers and reports around the mock servers."""
