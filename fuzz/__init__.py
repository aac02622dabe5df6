"""Fuzzing: hostile inputs for each reader; see README.md."""
