"""Export jobs and the pages of people that they write."""
