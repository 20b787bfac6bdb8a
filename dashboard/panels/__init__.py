"""The tabs beside the canvas, one file each, each with `show(work, inspection)`."""
