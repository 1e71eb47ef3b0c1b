"""The platform: what a test or a person does with it, and how it is wired."""
