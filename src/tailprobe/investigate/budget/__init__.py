"""`budget`: scores against optimiser updates, for each method, with and without weight decay."""
