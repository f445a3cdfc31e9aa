"""One call's whole story, told from the journal."""
