"""APIs behind the platform, which access tokens are for."""
