"""HTTP out: messages as values, the one client, retries, circuit breaker, rate limits, OAuth."""
