"""What Andon and others can do per second, measured: `make bench`, or `python -m benchmarks <part>`.

Not part of the product: it starts real processes, measures them from outside, and writes `benchmarks/results`.
"""
