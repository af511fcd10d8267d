"""The whole pipeline. Outside this folder and the command, a stage knows only its neighbours."""
