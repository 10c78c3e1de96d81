"""config.toml to frozen values: validated whole, every mistake listed with its nearest remedy."""
