"""`encoder`: a frozen encoder against a fine-tuned one."""
