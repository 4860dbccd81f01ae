"""How fast, how big: affectlab beside other ways to the same result, in one process, on one machine.

    python -m benchmarks [names] [--quick]

Every timed figure is a ratio of interleaved pairs, and void unless what was timed agrees with a float32 reference in
the same run. A full run writes docs/benchmarks.md, its plot and out/benchmarks.json; any other run prints.
"""
