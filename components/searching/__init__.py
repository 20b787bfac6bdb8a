"""Searching: spaces pointed at on a graph, studies over them, the trials, and what may honestly be said of the winner."""
