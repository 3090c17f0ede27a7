"""The one HTTP client: retries, circuit breaker, rate limits, OAuth."""
