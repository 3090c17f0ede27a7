"""What wraps every request: admission, and what is observed of it."""
