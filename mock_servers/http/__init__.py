"""The HTTP server, and the forward proxy through which clients of real hosts reach it."""
