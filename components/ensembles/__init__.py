"""Ensembles: runs, trials and trees put together, weighed and judged."""
