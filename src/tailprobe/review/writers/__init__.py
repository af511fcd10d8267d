"""Writers: a file each for the forms in which reviewed labels are kept."""
