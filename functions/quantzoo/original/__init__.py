"""Strategies written for the original QuantZoo, unmodified, in the backtester and live."""
