"""The long-running part: two sockets in, queues out.

Short and dumb on purpose: what a frame means is in the sessions, what follows from it in the
services. Here are only sockets, threads for the calls that block, queues between them, and waiting.
"""
