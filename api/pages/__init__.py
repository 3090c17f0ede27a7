"""What people open in a browser: the landing page, the dashboard, the API's reference."""
