"""APIs behind the platform: what an access token is for."""
