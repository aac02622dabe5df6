"""The JSON that we write and read again, each object described once: keys, types and values."""
