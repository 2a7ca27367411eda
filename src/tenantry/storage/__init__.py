"""What a store must provide, and what the domain asks of it."""
