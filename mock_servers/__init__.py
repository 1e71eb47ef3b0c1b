"""Mock servers of NHS England's API platform and its identity providers; they know nothing of pytest."""
