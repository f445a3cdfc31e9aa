"""Customers: their cards, and whose card it is when a number calls."""
