"""Images that cannot be used, which are reported and left out if there are only a few."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from util import distributed
from util.errors import UserError

if TYPE_CHECKING:
    from data.base_dataset import BaseDataset

MOST_OF_TRAINING = 0.01  # maximum fraction of a training set that may be left out
Sample = TypeVar("Sample")


class LeftOut:
    """A dataset's unusable images.

    Args:
        most: the maximum fraction of the images that may be left out, from 0 (none) to 1 (all).

    Attributes:
        errors: a dict from sample number to error message.
    """

    def __init__(self, dataset: BaseDataset, most: float = 1.0):
        self.dataset, self.most = dataset, most
        self.errors: dict[int, str] = {}
        self._settled = False

    def load(self, load: Callable[[int], Sample], index: int) -> Sample | None:
        """Load a sample. If it cannot be used, store the reason and return None.

        Raises:
            UserError: too many images are unusable, or one is unusable after `settle` closed the list.
        """
        try:
            return load(index)
        except UserError as error:
            if self._settled:
                raise
            self.errors[index] = str(error)
            self._check()
            return None

    def settle(self, *, together: bool) -> None:
        """Close the list, so that `load` raises all further errors.

        If ``together`` is set, first merge the lists from all processes, which must all call this method.
        """
        if together:
            self.errors = distributed.union(self.errors)
            self._check()
        self._settled = True

    def reasons(self) -> dict[str, str]:
        """Return a dict from the relative path of each unusable image to the reason."""
        found = {}
        for index in sorted(self.errors):
            path = self.dataset.paths[index]
            reason = self.errors[index].removeprefix(f"{path} ").removeprefix("cannot be read: ")
            found[path.relative_to(self.dataset.folder).as_posix()] = reason
        return found

    def _check(self) -> None:
        count = len(self.dataset)
        if len(self.errors) <= self.most * count:
            return
        first = self.errors[min(list(self.errors))]
        if not self.most:
            raise UserError(f"{first} (--strict does not allow unusable images)")
        raise UserError(
            f"more than {self.most:.0%} of the {count} images cannot be used (repair or remove them); "
            f"the first problem: {first}"
        )
