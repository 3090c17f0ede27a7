"""Members, previews, funnels and statistics of segments."""
