"""The whole pipeline. Only this package and the command line know all stages; every other one knows its neighbours."""
