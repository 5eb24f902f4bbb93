"""Programs for those who develop Andon; nothing here is shipped."""
