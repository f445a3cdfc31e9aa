"""What the YAML files of a site have in common: how they are read, times, names."""
