"""An incident written up: what happened, when, why, and what is left to do."""
