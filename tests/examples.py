"""How many examples a random test tries. CORDBOARD_EXAMPLES sets it."""

from __future__ import annotations

import os

EXAMPLES = int(os.environ.get("CORDBOARD_EXAMPLES", "20"))
