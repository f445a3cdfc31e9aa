"""Faults: a real system is broken on purpose, with a hundred callers in it, and what is left is counted.

``make faults`` runs it. Four independent accounts are compared: what the phones saw, what Asterisk
wrote of its channels (CEL), what we wrote of our calls, and the recordings on disk.
"""
