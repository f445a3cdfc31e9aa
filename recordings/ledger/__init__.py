"""The ledger of recordings: which are expected, what was found of each, and the proof of it."""
