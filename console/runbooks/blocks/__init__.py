"""What stands in the blocks of each kind."""
