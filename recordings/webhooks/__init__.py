"""What happens to calls, told to a site's own programs."""
