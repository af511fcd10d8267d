"""The metrics, one file a metric or a family. See `scores.metric` for what one is."""
