"""Pictures: a person's folders of images or a zip of them, decoded within limits and packed small for training.

Pillow decodes, and only the formats named here: some of its others start programs.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.limits import limits_from_environment, write_bytes
from components.unpacking import TooMany, open_zip

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP")
ENDINGS = ("png", "jpg", "jpeg", "gif", "bmp", "webp")
SIDES = (16, 32, 64)
MOST_PICTURES = 5_000
MOST_PIXELS = 40_000_000
"""Of one picture before it is made small; a camera's have 12 to 50 million."""

MOST_CELLS = 20_000_000
"""Pictures times side × side × 3: 80 MB."""

LEAST = 10
RATIO = 200
"""A file in a zip that unpacks to more than so many times its size is a bomb."""

MOST_FILES = 100_000
"""Files in a zip of pictures."""

ROOM = 4
"""A zip may unpack to so many times the size that a file may have."""


class PictureError(ValueError):
    """Pictures that cannot be trained on; the text names the file, the rule and the remedy."""


@dataclass(frozen=True)
class Pictures:
    """Pictures made small, by class and name, and a sentence for each file that is none."""

    kept: dict[tuple[str, str], bytes]
    broken: tuple[str, ...]

    @property
    def classes(self) -> dict[str, int]:
        """How many there are of each class."""
        counts: dict[str, int] = {}
        for kind, _ in self.kept:
            counts[kind] = counts.get(kind, 0) + 1
        return dict(sorted(counts.items()))


Held = tuple[str, Callable[[], bytes]]
"""A file's path, and how to read it."""


# What was given


def files_of_zip(content: bytes) -> Iterator[Held]:
    """The pictures in a zip, none of them unpacked before it is asked for. Raises PictureError or LimitError."""
    limits_from_environment().check_upload("the zip", len(content))
    try:
        archive = open_zip(content, MOST_FILES)
    except TooMany as error:
        raise PictureError(f"{error}; take fewer pictures.") from error
    except zipfile.BadZipFile as error:
        raise PictureError("This file is not a zip, or is cut short; pack the folders again.") from error
    entries = [entry for entry in archive.infolist() if not entry.is_dir() and is_wanted(entry.filename)]
    check_room(sum(entry.file_size for entry in entries))
    for entry in entries:
        yield entry.filename, lambda entry=entry: unpack(archive, entry)  # type: ignore[misc]


def check_room(size: int) -> None:
    """Refuse more bytes than are read, of a folder or out of a zip."""
    room = ROOM * limits_from_environment().upload
    if size > room:
        raise PictureError(
            f"Pictures have at most {write_bytes(room)} together here, and these have {write_bytes(size)}; "
            "make them smaller or take fewer."
        )


def unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """One file of a zip, never more of it than the zip announced."""
    if entry.file_size > RATIO * max(entry.compress_size, 1_000):
        raise PictureError("it unpacks to far more than a picture has")
    try:
        with archive.open(entry) as held:
            return held.read(entry.file_size + 1)[: entry.file_size]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise PictureError("it cannot be unpacked") from error


def is_wanted(path: str) -> bool:
    """Whether it is no file that a system left behind."""
    parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".", "..")] or [""]
    return not any(part.startswith((".", "__MACOSX")) for part in parts) and parts[-1] not in (
        "Thumbs.db",
        "desktop.ini",
    )


# Reading


def read_pictures(files: Iterable[Held], side: int, told: Callable[[int], None] = lambda count: None) -> Pictures:
    """All pictures, made side × side; those that are broken are named. `told` hears how many are done.

    Raises PictureError where there is no folder for each class, or where there are too many or too few.
    """
    kept: dict[tuple[str, str], bytes] = {}
    broken: list[str] = []
    for count, (path, read) in enumerate(files, 1):
        if count > MOST_PICTURES:
            raise PictureError(f"There are at most {MOST_PICTURES:,} pictures here, and this has more; take fewer.")
        try:
            kind = class_of(path)
            kept[kind, f"{count:05d}"] = small(read(), side)
        except PictureError as error:
            broken.append(f"“{path[-80:]}” cannot be used: {error}.")
        told(count)
    pictures = Pictures(kept, tuple(broken))
    check_pictures(pictures, side)
    return pictures


def class_of(path: str) -> str:
    """The name of the folder that the file lies in; PictureError where it lies in none."""
    parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    if len(parts) < 2:
        raise PictureError("it lies in no folder, and folders are the classes")
    return re.sub(r"[\x00-\x1f]", "_", parts[-2])[:60]


def small(content: bytes, side: int) -> bytes:
    """The picture as a PNG of side × side; PictureError with what is wrong with it."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        picture: Image.Image = Image.open(io.BytesIO(content), formats=FORMATS)
        check_size(picture)
        picture.draft("RGB", (2 * side, 2 * side))  # a JPEG is decoded no larger than needed
        upright = ImageOps.exif_transpose(picture).convert("RGB").resize((side, side))
    except PictureError:
        raise
    except UnidentifiedImageError as error:
        raise PictureError(f"it is none of {', '.join(FORMATS)}") from error
    except Image.DecompressionBombError as error:
        raise PictureError(f"it has more than {MOST_PIXELS / 1e6:.0f} million pixels") from error
    except (OSError, ValueError, SyntaxError, EOFError, TypeError, IndexError, ArithmeticError) as error:
        raise PictureError("it is damaged or cut short") from error
    held = io.BytesIO()
    upright.save(held, "PNG")
    return held.getvalue()


def check_size(picture: Image) -> None:
    """Refuse a picture by the size that its header says, before anything is decoded."""
    width, height = picture.size
    if width * height > MOST_PIXELS:
        raise PictureError(
            f"it has {width * height / 1e6:.0f} million pixels, and at most {MOST_PIXELS / 1e6:.0f} million are decoded"
        )


def check_pictures(pictures: Pictures, side: int) -> None:
    """Refuse what cannot be told apart, or takes too much room."""
    classes, count = pictures.classes, len(pictures.kept)
    if not count:
        first = f" {pictures.broken[0]}" if pictures.broken else ""
        raise PictureError(f"Pictures lie in folders, one for each class, and none was found; choose others.{first}")
    if len(classes) < 2:
        raise PictureError(
            f"There are at least two classes, each a folder, and all {count} pictures lie in “{next(iter(classes))}”; "
            "choose the folder above it, or add another class."
        )
    if count < LEAST:
        raise PictureError(f"There are at least {LEAST} pictures to train, watch and test on, and these are {count}.")
    most = MOST_CELLS // (side * side * 3)
    if count > most:
        raise PictureError(
            f"Of {side} × {side} pixels at most {most:,} pictures fit here, and these are {count:,}; "
            "choose a smaller size or fewer pictures."
        )


def pack(pictures: Pictures) -> bytes:
    """A zip of the small pictures, a folder for each class; the same pictures give the same bytes."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as archive:
        for (kind, name), content in sorted(pictures.kept.items()):
            archive.writestr(zipfile.ZipInfo(f"{kind}/{name}.png", (2020, 1, 1, 0, 0, 0)), content)
    return held.getvalue()


def common_folder(paths: Sequence[str]) -> str:
    """The name of the folder that all lie in, for the zip; “pictures” where there is none."""
    firsts = {path.replace("\\", "/").split("/")[0] for path in paths if path.replace("\\", "/").count("/") > 1}
    return next(iter(firsts)) if len(firsts) == 1 else "pictures"
