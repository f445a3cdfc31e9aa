"""A day at the hotline in a virtual clock: the site's own flows and routing, and made-up people."""
