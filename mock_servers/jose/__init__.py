"""JSON Web Tokens, key sets and keys, and the JavaScript that judges them: nothing here knows a service."""
