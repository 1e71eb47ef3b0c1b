"""HTTP on the wire: the server in threads of this process, and the proxy that leads clients of real hosts to it."""
