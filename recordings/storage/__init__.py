"""Where the sound of recordings is kept: in a folder or at an S3 server, sealed or not; and for how long."""
