"""An OpenID Connect provider, once. CIS2, NHS login and the platform's mock realms are values of its type."""
