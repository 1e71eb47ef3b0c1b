"""The platform's management surface: what test tools create apps, keys and products with, as Apigee Edge has it."""
