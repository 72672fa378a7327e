"""Rules: `alert` is the life of an alert between evaluations."""
