"""Research tools: bias checks, sweeps, walk-forward and their statistics."""
