"""What was said in recordings, as words with times: off unless a site asks for it.

A process of its own listens, and in it a child that may crash or hang: neither the engine nor the pipeline that makes
recordings ever waits for it.
"""
