"""What is made of a recording after its call: one file to keep, its waveform, and figures of the talk.

A process of its own works here, so that no codec ever takes time from the engine.
"""
