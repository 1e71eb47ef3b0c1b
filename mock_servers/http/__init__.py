"""HTTP: the server, the proxy that leads clients of real hosts to it, and the one front of every flow."""
