"""The part of Lambda and EventBridge that moves messages and calls functions, on one machine."""
