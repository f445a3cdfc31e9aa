"""The telephone side: what the phones are doing, and what we ask of them."""
