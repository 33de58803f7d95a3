"""The backtester: the live kernel and the live risk rules over recorded minutes.

It reads no file and no clock. What differs from live is only how orders are filled (`fills`).
"""
