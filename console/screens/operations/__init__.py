"""The dialogs in which an operation is chosen, looked at, confirmed and watched."""
