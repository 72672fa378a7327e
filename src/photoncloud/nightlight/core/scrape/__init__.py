"""What happens to targets and samples around a scrape: `relabel`."""
