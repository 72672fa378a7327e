"""nightlight: metrics, time series, PromQL, rules, alerts and dashboards in one process group.

Map, from the wire inwards: `servers` (HTTP API, Alertmanager API, UI, gRPC) drive `service` (one use case a file),
which decides with `core` (data model, PromQL, expositions, relabelling, storage formats: pure) and acts through `ports`
that `adapters` implement. `bootstrap` builds it all.

Invariants, each held by a test that names it:

1. A query answers what Prometheus answers, or fails with its text (`tests/conformance/nightlight`).
2. Samples keep their bits: NaN payloads, stale markers, negative zero.
3. Hostile input is an error of its kind, never a crash: queries, expositions, series names.
"""
