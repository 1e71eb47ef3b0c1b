"""What explains a request that a real service refused: it reads it from a text, and asks nobody."""
