"""What nightlight decides, without any I/O.

Data model: `labels`, `matcher`, `pattern` (RE2), `sample` (bits and number texts), `duration`, `quoting`, `histogram`.
Languages: `promql` (lexer, parser, printer), `exposition` (text formats), `scrape` (relabelling). `engine` evaluates a
parsed query over sample batches (`batch`) that a `ports.SampleSource` hands out.
"""
