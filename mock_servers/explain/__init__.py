"""A value judged without being sent."""
