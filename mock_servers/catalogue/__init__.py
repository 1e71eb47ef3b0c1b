"""Every error of every service, with its evidence, cause and cure."""
