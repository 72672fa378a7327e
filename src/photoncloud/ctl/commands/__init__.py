"""One file a verb: parse, call one use case, show. Each has `app`, a Typer application; see `cli.COMMANDS`."""
