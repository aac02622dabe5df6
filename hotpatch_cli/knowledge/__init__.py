"""What is known of hotpatch: typed, dated rows with their sources, and the rule catalog."""
