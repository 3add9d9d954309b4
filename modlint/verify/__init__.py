"""The verifier: builds Module classes by itself, runs them in contained processes and checks what they do.

What runs in the worker imports torch; everything else here works without it.
"""
