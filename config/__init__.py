"""How it is set up: settings, wiring and the command line. Imported by nobody."""
