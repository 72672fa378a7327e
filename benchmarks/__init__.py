"""Benchmarks: ours beside a real peer in one run, alternating, medians, CPU-seconds of the server processes."""
