"""Any text to facts: what a service said, requests, JWTs, key sets, URLs, moments, programs. It judges nothing."""
