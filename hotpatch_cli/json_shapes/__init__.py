"""The JSON that hotpatch writes and reads, each object described once: keys, types, and values."""
