"""TensorBoard's event files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from training.loggers.base import Logger, Moment


class TensorBoardLogger(Logger):
    """Writes scalars and images for `tensorboard --logdir <folder>`; a step is one image seen."""

    def __init__(self, folder: Path) -> None:
        """Open an event file in the folder; older ones there are shown as the same run.

        Raises:
            ImportError: tensorboard is not installed.
        """
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise ImportError("tensorboard is not installed (pip install tensorboard)") from error
        self._writer = SummaryWriter(str(folder))

    def losses(self, moment: Moment, losses: dict[str, float]) -> None:
        """Write losses, learning rate and speed."""
        for name, value in losses.items():
            self._writer.add_scalar(f"loss/{name}", value, moment.total_iters)
        self._writer.add_scalar("training/lr", moment.lr, moment.total_iters)
        self._writer.add_scalar("training/images_per_s", moment.images_per_s, moment.total_iters)

    def samples(self, moment: Moment, visuals: dict[str, np.ndarray]) -> None:
        """Write the images of the moment."""
        for label, image in visuals.items():
            self._writer.add_image(f"training/{label}", image, moment.total_iters, dataformats="HWC")

    def fixed_samples(self, moment: Moment, samples: dict[str, dict[str, np.ndarray]]) -> None:
        """Write the images of the fixed inputs."""
        for name, visuals in samples.items():
            for label, image in visuals.items():
                tag = f"samples/{name}/{label}"
                self._writer.add_image(tag, image, moment.total_iters, dataformats="HWC")

    def validation(self, moment: Moment, metrics: dict[str, float]) -> None:
        """Write metrics."""
        for name, value in metrics.items():
            self._writer.add_scalar(f"val/{name}", value, moment.total_iters)
        self._writer.flush()

    def warning(self, text: str) -> None:
        """Write the warning as text."""
        self._writer.add_text("warning", text)

    def close(self, reason: str) -> None:
        """Write the rest and closes the file."""
        self._writer.close()
