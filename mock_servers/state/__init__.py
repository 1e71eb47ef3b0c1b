"""What is remembered and what is set, as frozen data, and the store that holds it. Nothing here judges."""
