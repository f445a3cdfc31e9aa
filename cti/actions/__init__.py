"""Commands out: each of our wishes as AMI actions."""
