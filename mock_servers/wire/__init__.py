"""What every service speaks of: requests, answers, origins, identifiers, and how values are put into words."""
