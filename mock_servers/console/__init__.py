"""The console: pages for people who run the mock by hand. Each change on them is a call of the control API."""
