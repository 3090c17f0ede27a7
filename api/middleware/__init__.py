"""What wraps every request: admission, what is observed of it, and headers of its answer."""
