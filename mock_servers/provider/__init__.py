"""The identity providers as data: what one is made of, what may go wrong at one, and the list of those there are."""
