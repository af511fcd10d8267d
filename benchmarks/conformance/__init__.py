"""Every method against an independent statement of its formula: `python -m benchmarks.conformance`."""
