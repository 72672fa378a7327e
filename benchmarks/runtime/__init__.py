"""photoncloud.runtime beside what it is built on (config.md §7): same run, alternating, medians, CPU seconds.

    make bench COMPONENT=runtime        prints ratios, writes .cache/bench/runtime.json

measure     alternating rounds and medians
http        GET /health over keep-alive beside a bare starlette JSON route; the server runs in a process of its own
inside      /metrics of 2,000 series beside the exposition alone; one log line with and without redaction
memory      resident memory of an idle process with an App, beside the interpreter alone
"""
