"""OpenID Connect, once; CIS2, NHS login and the platform's mock realms are values of it."""
