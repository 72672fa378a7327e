"""Registry port: who is there. A component registers itself with a lease and sees the others.

Map: `port` the contract and its values · `errors` · `registry` backend name to adapter · `none` only this process.
"""
