"""What do we say: phone menus written in YAML, walked by callers."""
