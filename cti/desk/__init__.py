"""The desks in the browser: live feed, screen-pop, listening in."""
