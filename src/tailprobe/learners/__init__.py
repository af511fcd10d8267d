"""What methods and training agree on: the training set, the loss, the plan, the head, the recipe.

Below both `methods/` and `training/`, so that neither imports the other.
"""
