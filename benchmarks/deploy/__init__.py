"""The local supervisor beside plain shell means, in one run: `python -m benchmarks.deploy`."""
