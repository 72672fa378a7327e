"""The language: `tokens` and `lexer` cut a query, `parser` builds the tree of `ast`, `types` checks it against the
table of `functions`, `printer` writes it back. `series_notation` reads the notation of unit tests."""
