"""What investigations found: pictures, and a page of its own for each."""
