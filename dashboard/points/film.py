"""The film of a projection: its page for every epoch, each begun from the one next to it so that points do not jump."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING

from components.graph import Json
from dashboard import backstage
from dashboard.films import EpochFilm
from dashboard.points.pages import cast_of, page_of, unpacked
from dashboard.texts import language, speaking

if TYPE_CHECKING:
    from components.store import SharedRun


class ProjectionFilm(EpochFilm):
    """`request` is what a person asked for, without an epoch: run, layer, what, method, dimensions, most and options.

    Its pages speak the language of whoever asked first.
    """

    def __init__(self, request: Json) -> None:
        super().__init__(request["run"])
        self.request = request
        self.language = language()
        self.MOST = 30 if request["method"] == "pca" else 12
        self.casts: list[Json] = []
        self._frames: str | None = None
        self._iteration: int | None = None
        self._pictures: Future[Json] | None = None
        self._told_pictures = False

    # Pages

    def ask(self, epoch: int) -> Future[Json]:
        return backstage.call_later("components.inside.projections.project_layer_json", *self.arguments(epoch))

    def arguments(self, epoch: int, frames: str | None = None) -> tuple[Json, ...]:
        """What `project_layer_json` is asked; the picture of the nearest epoch is where it begins."""
        asked = [self.request[name] for name in ("run", "layer", "what", "method", "dimensions")]
        options = {**self.request["options"], "most": self.request["most"], "previous": self.beginning(epoch)}
        return (backstage.store().url, *asked, {**options, "frames": frames}, epoch)

    def beginning(self, epoch: int) -> Json:
        """Where the points stood at the nearest epoch that is known; None at first."""
        page = min(self.pages.values(), key=lambda page: abs(page["epoch"] - epoch), default=None)
        return {"points": unpacked(page), "rows": self.casts[page["cast"]]["rows"]} if page else None

    def nearest(self, epoch: int) -> Json:
        """The page of the last epoch that is known and no later, otherwise of the first."""
        return self.pages[max((each for each in self.pages if each <= epoch), default=min(self.pages))]

    def take(self, answer: Json) -> Json:
        self.stop_frames()
        with speaking(self.language):
            page = page_of(answer, self.cast(answer), self.request["layer"])
        return self.keep(page)

    def cast(self, answer: Json) -> int:
        """Which cast these points are, told when it is a new one."""
        cast = cast_of(answer)
        if cast in self.casts:
            return self.casts.index(cast)
        self.casts.append(cast)
        number = len(self.casts) - 1
        self.tell(("cast", number), {"cast": {"number": number, **cast}})
        return number

    # Frames

    def follow_frames(self, key: str) -> None:
        """Tell the frames that a t-SNE leaves under the key while it iterates."""
        if self._frames != key and not self.pages:
            self._frames, self._iteration = key, None

    def stop_frames(self) -> None:
        """The picture is there."""
        if self._frames is not None:
            self._frames = None
            self.tell("frame", {"frame": None})

    def work(self, shown: SharedRun) -> None:
        if self._frames is not None:
            self._tell_frame(self._frames)
        elif self._has_pictures():
            super().work(shown)

    def _tell_frame(self, key: str) -> None:
        frame = backstage.store().recall(key)
        about = backstage.store().recall(f"{key}/about") if frame else None
        if not frame or not about or frame["done"] or frame["iteration"] == self._iteration:
            return
        self._iteration = frame["iteration"]
        told = {**about, "points": frame["points"], "note": None}
        page = page_of(told, self.cast(told), self.request["layer"])
        self.tell("frame", {"frame": {**page, "iteration": frame["iteration"]}})

    # Pictures

    def _has_pictures(self) -> bool:
        """Whether the sheet of the points' pictures is there and told, or is known not to be."""
        if not self.casts or self.request["what"] != "outputs":
            return bool(self.casts)
        if self._pictures is None:
            asked = (self.run, self.casts[0]["rows"], self.request["options"]["split"])
            function = "components.inside.projections.thumbnails_json"
            self._pictures = backstage.call_later(function, backstage.store().url, *asked)
        if self._pictures.done() and not self._told_pictures:
            self._told_pictures = True
            sheet = None if self._pictures.exception() else self._pictures.result()
            if sheet:
                self.tell("sprites", {"sprites": {**sheet, "cast": 0}})
        return self._told_pictures
