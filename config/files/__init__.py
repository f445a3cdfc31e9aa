"""The YAML files of a site, part by part."""
