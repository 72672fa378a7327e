"""Evaluates a query over sample batches, whole arrays at a time.

A value is a `frame.Frame` (series x steps), a scalar per step, or a string; a range is `window.RangeRows`. `query` is
the entrance, `evaluate` walks the tree, and every kind of node has its file. Numbers that depend on the order of
samples come from `photoncloud.nightlight.core.kernels`.
"""
