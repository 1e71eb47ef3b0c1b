"""The real host names here: a certificate authority, who trusts it, and the variables that lead programs."""
