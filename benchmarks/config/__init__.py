"""Loading of configuration beside pydantic-settings and dynaconf, each in a process of its own, measured in turns."""
