"""Stacks compose constructs; one stack for what lives and dies together."""
