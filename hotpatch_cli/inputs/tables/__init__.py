"""Tables: one machine a row."""
