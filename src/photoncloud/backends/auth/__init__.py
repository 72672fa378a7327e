"""Who is asking, and may they: the authentication and authorisation port, its adapters and the IAM library below it.

Map:
- `port`    what every component is handed (`AuthBackend`) and its words: `Principal`, `Credential`, `Decision`.
- `local`   adapter: keys of one configuration file, a credentials file and keys created at run time.
- `credentials_file`  the INI format of `auth.credentials_file`, parsed without touching a disk.
- `iam`     pure: SigV4, chunk signatures, POST policy signatures, policy language, evaluation.

`local` and every later adapter run the same `iam` code; they differ only in where facts come from.
"""
