"""HTTP: the server, and the one front that leads a request through its flow."""
