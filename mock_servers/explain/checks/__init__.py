"""The checks of a service in their order, as people read them."""
