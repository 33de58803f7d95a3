"""What the process does to itself before it starts to work."""

import gc
import sys

_OBJECTS = 50_000  # made and not freed, between two looks of the collector
_SWITCH_S = 0.001  # the socket's thread need not wait longer for the lane's


def settle_memory() -> None:
    """The modules are here to stay, and ticks hold no cycles: the collector need not look often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS, 20, 50)
    sys.setswitchinterval(_SWITCH_S)
