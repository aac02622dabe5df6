"""The page for a change board: one file of HTML with its style, its script, and its charts."""
