"""The ground for demonstrations, real tests and measurements: an Asterisk and phones of our own.

Nothing in the product imports it.
"""
