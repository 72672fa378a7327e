"""Deployment: what a level is, running it on this machine, and rendering it for others.

    levels/     levels as data (TOML)
    core/       pure decisions: topology, references, ports, order, plans, the process state machine, renderers, rules
    adapters/   processes, sockets, files, the kernel, certificates
    service/    use cases: resolve, secrets, supervise, take down, render, check
    bootstrap   the front door for photonctl
    entry       `photon-entry`, the entry point of images
    __main__    the detached supervisor

Invariants, each held by a test: three renderings are one graph; nothing starts when a port is taken; never two
processes of one component; no start before its needs are met; stops in reverse; a pid without its start time is never
signalled; no child outlives the supervisor; no secret in a rendered file; no component is imported here.
"""
