"""`layers`: other layers and poolings of an encoder, and several encoders side by side."""
