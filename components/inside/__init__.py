"""Inside: what a run's network holds and does, layer by layer: histograms, maps, points, judgements, event files."""
