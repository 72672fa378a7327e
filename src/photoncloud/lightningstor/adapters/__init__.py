"""What drives files, hashes, ciphers and the index for the service: one technology a file or package.

`blobs_filesystem` keeps blobs · `hash_functions` and `hash_pool` compute digests · `cipher_aesgcm` seals bodies and
secrets · `key_files` keeps keys · `index_metadata` is the index over the shared metadata port.
"""
