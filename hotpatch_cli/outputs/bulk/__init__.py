"""Outputs for a large table: a summary, or one row a machine as CSV, JSON Lines or Parquet."""
