"""The page `explain.html` of the site: our own Python in the visitor's browser."""
