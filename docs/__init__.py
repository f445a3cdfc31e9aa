"""The documentation; ``python -m docs.generate`` writes the pages made from the code."""
