"""The strategies that come with QuantZoo, a file each."""
