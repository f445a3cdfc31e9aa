"""``python -m config`` is the command ``cordboard``."""

from config.cli import app

app()
