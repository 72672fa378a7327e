"""What the adapters on disk are made of.

Map: `directory_lock` one process per directory · `space` free space and the reserve file · RocksDB: `rocksdb_rows` the
row format, `rocksdb_files` the only file that imports `rocksdict`, `rocksdb_log` damage at the end of the log,
`rocksdb_published` what readers see, `rocksdb_cursor` cursors, `scan_pages` scans in pages, `rocksdb_batch`
transactions over database and batch, `rocksdb_committer` the thread that owns all writes, `rocksdb_history` the last
events · SQLite: `sqlite_schema` tables (the only file that imports `apsw`), `sqlite_reads`, `sqlite_keyspace` what a
transaction sees, `sqlite_thread` the thread that owns all writes.
"""
