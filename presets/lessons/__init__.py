"""The lessons that ship: every Markdown file of this folder, in the order of the syllabus."""

from pathlib import Path

from presets.lessons.reading import read_lesson
from presets.preset import Lesson


def place(lesson: Lesson) -> list[int]:
    """Where a lesson stands: by its first row of the syllabus."""
    return [int(part) for part in lesson.rows[0].split(".")]


FILES = sorted(Path(__file__).parent.glob("*.md"))
LESSONS: dict[str, Lesson] = {
    lesson.name: lesson
    for lesson in sorted((read_lesson(file.stem, file.read_text(encoding="utf-8")) for file in FILES), key=place)
}
