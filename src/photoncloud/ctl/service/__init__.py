"""Use cases of photonctl: each returns a value, which a command shows.

status · connection (nine layers) · self_check (container health) · declared (components of the levels) ·
components (the local installation) · acting (start, stop, restart) · configuration (the components' own answers) ·
file_migration · log_follow · local_context · waiting · bundle · completion
"""
