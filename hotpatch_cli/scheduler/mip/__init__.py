"""Integer and linear programs for HiGHS."""
