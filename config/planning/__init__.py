"""How many agents a day needs."""
