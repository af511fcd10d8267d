"""The whole way. Nothing outside this folder and the command sees more than its neighbours."""
