"""The tear sheet of a backtest: one HTML file that opens without a network."""
