"""Writers: one module for each format of reviewed labels."""
