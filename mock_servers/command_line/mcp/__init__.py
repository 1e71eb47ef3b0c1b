"""`nhsauth mcp`: the commands as tools of a coding agent, by the Model Context Protocol over stdin and stdout."""
