"""Methods that change the recipe of training: what a tuned baseline has, and often all that a method's gain is."""
