"""What remains: the journal, call records and recordings."""
