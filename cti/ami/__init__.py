"""The AMI link: bytes to messages and actions, log-in, reconnect, deadlines."""
