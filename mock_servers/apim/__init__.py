"""The API platform's identity service. Start at `flows`, the order, and `errors`, the catalogue."""
