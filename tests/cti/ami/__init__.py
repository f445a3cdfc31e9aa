"""Tests of the AMI link, against a scripted peer over a real socket."""
