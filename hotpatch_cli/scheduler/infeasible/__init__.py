"""Why tasks cannot be scheduled together, and what would help."""
