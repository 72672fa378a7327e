"""Generated: protobuf packages."""
