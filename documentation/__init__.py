"""Makes the documentation site, and the pages of docs/ that are made of the code; no part of the wheel."""
