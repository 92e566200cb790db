"""Plans, revisions and progress of operations as pages of lines."""
