"""Events port: CloudEvents published and subscribed to. State is truth, events are hints that can be replayed.

Map: `port` the contract · `event` the envelope and its rules · `subjects` routing subjects and patterns · `errors` ·
`registry` backend name to adapter · `none` counts and drops · `memory` one process, with groups and redelivery.
"""
