"""From what is under the cursor in one pane to where it leads in another, and back."""
