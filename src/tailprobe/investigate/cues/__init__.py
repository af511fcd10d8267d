"""`cues`: classes that are predicted from their company."""
