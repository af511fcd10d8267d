"""A leaderboard of all methods on real collections: run studies, collect what they measured, write the docs."""
