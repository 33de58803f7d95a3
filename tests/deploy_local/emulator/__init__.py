"""Runs in the environment of the local AWS, which has its own libraries and none of ours."""
