"""What explains a value, or a request that a service refused, without a server: it asks nobody."""
