"""The composition root: from a frozen configuration to a running store.

Map: `app` builds the App and starts, in order, `engines` (index through `index_store`, blobs, keys, threads, auth,
events), `services` (every use case and the table of handlers) and `listeners` (HTTP servers); `accounts` answers who is
who; `reloads` and `metrics` connect the running store with the process.
"""
