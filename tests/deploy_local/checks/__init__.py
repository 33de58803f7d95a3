"""What must be there, asked from the outside and compared with `quantterminal.topology`."""
