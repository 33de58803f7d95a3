"""What the ports need in tests, in memory. Fakes are code: the contract suites run on them."""
