"""Images that cannot be used: reported and skipped as long as there are only a few."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from util import distributed
from util.errors import UserError

if TYPE_CHECKING:
    from data.base_dataset import BaseDataset

# More than this share of a training set is not an accident, and the run would not be the one asked for.
MOST_OF_TRAINING = 0.01
Sample = TypeVar("Sample")


class LeftOut:
    """The images of a dataset that cannot be used.

    Args:
        most: the largest share of the images that may be left out; 1: all, 0: none.

    Attributes:
        errors: sample number -> what is wrong with it, a line that names the file.
    """

    def __init__(self, dataset: BaseDataset, most: float = 1.0):
        self.dataset, self.most = dataset, most
        self.errors: dict[int, str] = {}
        self._settled = False

    def load(self, load: Callable[[int], Sample], index: int) -> Sample | None:
        """Load a sample; if it cannot be used, note the reason and return None.

        Raises:
            UserError: too many images cannot be used, or the list is already closed.
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
        """Close the list: every error after this is raised.

        Args:
            together: leave out images that any process cannot use; all processes must call this.
        """
        if together:
            self.errors = distributed.union(self.errors)
            self._check()
        self._settled = True

    def reasons(self) -> dict[str, str]:
        """Return path below the dataset's folder -> reason, in the order of the samples."""
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
            raise UserError(f"{first} (--strict stops at any such image)")
        raise UserError(
            f"more than {self.most:.0%} of the {count} images cannot be used (repair or remove them); "
            f"the first: {first}"
        )
