"""The lessons that ship, one file each."""

from presets.preset import Lesson

LESSONS: dict[str, Lesson] = {}
