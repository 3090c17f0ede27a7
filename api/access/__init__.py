"""Who may ask: logins, API keys, sources and their write keys."""
