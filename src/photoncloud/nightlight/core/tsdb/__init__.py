"""Storage formats and decisions as pure code: `wal_record` (the log), `page` (columns of samples), `postings` (which
series match)."""
