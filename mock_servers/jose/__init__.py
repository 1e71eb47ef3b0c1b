"""JSON Web Tokens, key sets and keys, and the JavaScript semantics of checks. No module here depends on a service."""
