"""QuantTerminal: decides, checks, orders and reconciles; see README.md for the parts."""
