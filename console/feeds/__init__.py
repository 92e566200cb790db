"""When to ask a backend, and how fresh its last answer is."""
