"""The words everybody here shares: what happens to a call (events) and what we ask for (commands)."""
