"""The commands of `nhsauth`: declared in `commands`, done each by a module of its own that is loaded when asked for."""
