"""The engine room: graphs, models, training and code; usable from a notebook without the dashboard."""
