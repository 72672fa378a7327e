"""Use cases of photonctl: each returns a value, which a command shows.

status · connection (nine layers) · components (what may be asked on this machine) · configuration (questions to the
components' own commands) · bundle · completion
"""
