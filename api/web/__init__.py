"""What all routes share: dependencies, errors, paging, transactions."""
