"""What clients ask, as frozen values, and the reading of them."""
