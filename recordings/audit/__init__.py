"""The audit log: kept, looked through, proved."""
