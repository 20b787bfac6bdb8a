"""Exports: every form in which an experiment and its runs are taken home."""
