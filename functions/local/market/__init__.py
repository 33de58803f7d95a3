"""The market of the one-machine run: a feed server and a broker server in one process.

Both speak the vendors' own protocols to the vendors' own clients. Nothing here decides anything
for the pipeline: it only plays bars, matches orders and answers.
"""
