"""How often investigations find what is planted, and how often something where nothing is."""
