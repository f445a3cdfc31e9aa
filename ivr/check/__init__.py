"""What is proved of a site's flows before any caller hears them."""
