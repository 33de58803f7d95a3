"""QuantZoo: strategies, indicators and metrics. Pure: no I/O, no clock, no randomness."""
