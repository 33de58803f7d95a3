"""One module per process of a one-machine run: how it is started, seen to be ready, and ended."""
