"""What an agent sees of past calls: his day, his follow-ups, what was before with a caller."""
