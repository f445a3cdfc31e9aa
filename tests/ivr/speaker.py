"""Stands in for espeak-ng: a tone for each letter. ``-v none`` is a voice it does not have."""

from __future__ import annotations

import argparse
import sys
import wave

parser = argparse.ArgumentParser()
parser.add_argument("-b")
parser.add_argument("-v")
parser.add_argument("-w")
parser.add_argument("--stdin", action="store_true")
asked = parser.parse_args()
if asked.v == "none":
    sys.exit("Error: The voice does not exist.")
text = sys.stdin.buffer.read().decode()
with wave.open(asked.w, "wb") as out:
    out.setparams((1, 2, 22050, 0, "NONE", ""))
    out.writeframes(b"".join(bytes([ord(letter) % 100, 1]) * 2205 for letter in text))
