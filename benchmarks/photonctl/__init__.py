"""photonctl beside a bare interpreter, in one run: `python -m benchmarks.photonctl`."""
