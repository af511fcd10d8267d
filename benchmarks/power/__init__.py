"""What the verdicts are worth on real embeddings: error rates, coverage and power, with known truth."""
