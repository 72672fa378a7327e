"""How components meet on the wire: generated protobuf stubs (`photon/`) and a typed client for each component."""
