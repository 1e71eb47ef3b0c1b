"""Real exchanges as they pass through `nhsauth watch`: proxied, recorded, compared, explained."""
