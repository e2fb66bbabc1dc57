"""The write-once archive: bytes become durable here before anything else may refer to them."""
