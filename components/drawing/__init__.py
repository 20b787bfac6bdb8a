"""Drawing: graphs laid out and drawn: diagrams, thumbnails, the graph of calls, and the colours of families."""
