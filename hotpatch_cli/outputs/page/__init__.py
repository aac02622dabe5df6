"""The page that a change board reads: one file of HTML, with its style, its script and its pictures
inside.
"""
