"""Images that cannot be used. They are reported and skipped as long as there are only a few."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from util import distributed
from util.errors import UserError

if TYPE_CHECKING:
    from data.base_dataset import BaseDataset

# If more than this share of a training set is unusable, the cause is systematic, and the user would not get
# the run that was requested.
MOST_OF_TRAINING = 0.01
Sample = TypeVar("Sample")


class LeftOut:
    """The images of a dataset that cannot be used.

    Args:
        most: the maximum share of the images that may be left out, from 0 (none) to 1 (all).

    Attributes:
        errors: a dict from sample number to an error message of one line that names the file.
    """

    def __init__(self, dataset: BaseDataset, most: float = 1.0):
        self.dataset, self.most = dataset, most
        self.errors: dict[int, str] = {}
        self._settled = False

    def load(self, load: Callable[[int], Sample], index: int) -> Sample | None:
        """Load a sample. If it cannot be used, record the reason and return None.

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
        """Close the list. From now on, `load` raises every error.

        Args:
            together: whether to leave out the images that any one of the processes cannot use. If so, all
                processes must call this method.
        """
        if together:
            self.errors = distributed.union(self.errors)
            self._check()
        self._settled = True

    def reasons(self) -> dict[str, str]:
        """Return a dict from path, relative to the dataset's folder, to reason, in sample order."""
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
