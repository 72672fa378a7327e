"""Process furniture of every PhotonCloud program: what a server needs around its own logic.

Map
    application     `App`: own, serve, check, on_reload, run: the whole life of a process
    resource        one started-and-closed thing of an App; bounded steps
    server          the protocol of what `App.serve` takes; serving: all of them, bound and drained together
    signals         terminate, force, reload, dump (`task_dump`)
    reloading       load again, plan, change all or nothing; reload_control: SIGHUP and POST /reload
    program         `main`: from a loaded configuration to an exit status; failure: from an error to one
    health          the document of GET /health and readiness; health_checks: probes on their own timers
    announcement    every change of the state reaches metrics and the supervisor
    capability      watching one integrated capability through loss and return
    degradation     the ledger of capability states, GET /degradation
    ops_listener    the listeners of an App for its operators
    ops_http        /health /livez /readyz /metrics /config /degradation /reload
    http_server     an ASGI application as a server of an App (uvicorn lives here only)
    http_middleware request id, duration and log line around every HTTP request
    listener        bind an address; a taken one is named with its holder (`port_holder`)
    metrics         one registry an App, text exposition (prometheus-client lives here only)
    logging         structured lines (structlog lives here only); log_render, log_output, redaction: their parts
    request_id      take over, make, bind and hand on X-Request-Id
    clock           Clock, SystemClock
    tasks           spawn(name=): named, owned, never lost
    files           replace_atomically, append_durably, make_directory
    tls             server and client contexts that follow their files
    notify_socket   sd_notify and watchdog
    loop_lag        how late the event loop runs
    limits          named limits with their reasons
    errors          PhotonError: code, operation, object, cause, hint
    exit_status     what a process ends with

Invariants (each held by a test of the same name in tests/unit/runtime or tests/integration/runtime)
    start in order, close in reverse, also after a partial start
    a reload changes all or nothing
    no secret reaches a log line
    a health answer does no I/O
    a file is old or new, never between
"""
