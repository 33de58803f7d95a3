"""What is inside of what is deployed, and whether any of it is known to be vulnerable."""
