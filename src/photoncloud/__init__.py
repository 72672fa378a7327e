"""PhotonCloud: components that run completely alone and grow together by configuration only.

Map: `config` (settings), `runtime` (process furniture), `backends` (shared ports and adapters),
`api` (wire stubs and clients), the components, `deploy` and `ctl` beside them, `testkit` for tests.
ARCHITECTURE.md at the project's root says who may import whom.
"""

__version__ = "0.1.0"
