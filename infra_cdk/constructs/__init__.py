"""Constructs build one thing each, the way this project wants it everywhere."""
