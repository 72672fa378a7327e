"""Signature verification beside botocore signing the same requests; decisions over realistic policies."""
