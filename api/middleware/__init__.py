"""What wraps every request: admission, what is observed of it, and that no cache keeps it."""
