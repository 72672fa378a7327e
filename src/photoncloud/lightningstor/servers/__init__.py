"""What drives the store: HTTP connections with the S3 and website applications on them, and gRPC administration."""
