"""photonctl: the one command people type.

    __main__     answers `--version` before anything is imported, then hands over to `cli`
    cli          table verb -> "module:app", imported when used; exit statuses of every failure
    invocation   flags that stand anywhere on the line, and how a command speaks
    commands/    one file a verb: parses, calls one use case, shows the result
    service/     use cases: status, connection, configuration questions, bundle
    core/        tables, jsonpath, columns, layers, redaction: pure
    adapters/    probes and hellos, one a technology
    settings     contexts of ~/.config/photonctl/config.toml

Invariants, each held by a test: nothing but data on standard output; no secret in any output; every network wait has
a deadline; exit statuses never change meaning; no component package is imported.
"""
