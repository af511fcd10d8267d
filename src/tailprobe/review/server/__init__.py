"""The review in a browser of this machine: a server on the loopback interface, and what it lets in."""
