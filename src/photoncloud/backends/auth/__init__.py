"""Who is asking, and may they: the authentication and authorisation port, its adapters and the IAM library below it.

Map:
- `port`    what every component is handed (`AuthBackend`) and its words: `Principal`, `Credential`, `Decision`.
- `local`   adapter: keys of one configuration file, a credentials file and keys created at run time.
- `local_sources` `local_facts`  where its keys stand, and what follows from them.
- `credentials_file`  the INI format of `auth.credentials_file`, parsed without touching a disk.
- `key_store`  what a component implements to keep keys that are created at run time.
- `registry`  adapter names.
- `iam`     pure: SigV4, chunk signatures, POST policy signatures, policy language, evaluation.

`local` and every later adapter run the same `iam` code; they differ only in where facts come from.
"""
