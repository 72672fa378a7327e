"""What nightlight decides, without any I/O.

Data model: `labels`, `matcher`, `pattern` (RE2), `sample` (bits and number texts), `duration`, `quoting`, `histogram`
(with `histogram_arithmetic`, `_statistics`, `_trim`). Languages: `promql` (lexer, parser, printer), `exposition` (text
formats), `scrape` (relabelling). `engine` evaluates a parsed query over sample batches (`batch`) that a
`ports.SampleSource` hands out; `memory_series` is one for unit tests. `kernels` is the seam for a native twin. `tsdb`
holds storage formats, `rules` the life of an alert.
"""
