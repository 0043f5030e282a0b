"""Generate images from a folder of inputs with a trained generator, and write a gallery."""

from __future__ import annotations

from argparse import Namespace
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tqdm import tqdm

from data import create_dataset
from data.preprocess.records import output_names
from models import create_model
from options.test_options import TestOptions
from util import checkpoint, distributed
from util.atomic import inside, make_folder
from util.errors import UserError, list_not_used, one_line, run_command
from util.gallery.writing import Row, mean_metrics, write_gallery
from util.image import read_rgb, resize, shrink, to_uint8, write_image
from util.memory import explaining_memory, keep_freed_memory

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from data.loader import BatchLoader
    from models.base_model import BaseModel

# Longest side of the drawings that a gallery shows next to the generated images.
_GIVEN_PX = 512


def main() -> int:
    """Run the command and return the exit code, which is 1 if some images could not be used."""
    opt = TestOptions().parse()
    if opt.device == "cpu":
        keep_freed_memory()
    distributed.start(opt.device)
    loader = create_dataset(opt)
    model = create_model(opt)
    model.setup(opt)
    epoch = f"iter{opt.load_iter}" if opt.load_iter else opt.epoch
    folder = inside(Path(opt.results_dir) / opt.name, f"{opt.phase}_{epoch}", what="--phase and --epoch")
    make_folder(folder / "images", what="--results_dir")

    with explaining_memory("try --tile 512, a lower --batch_size or a lower --load_size"):
        rows = generate_gallery(model, loader, folder, opt)
    not_used = loader.left_out.reasons() if loader.left_out else {}
    if not rows:
        name, reason = next(iter(not_used.items()))
        raise UserError(f"none of {len(loader)} images could be used; first problem: {name}: {reason}")
    note = getattr(loader.dataset, "describe", str)()
    hidden = ("rank", "world_size", "isTrain")
    settings = {k: v for k, v in checkpoint.recorded(opt).items() if k not in hidden}
    title = f"{opt.name}: {opt.phase}, epoch {epoch}"
    if opt.dataset_mode == "single":
        title = f"{len(rows):,} image{'s' if len(rows) != 1 else ''} from {Path(opt.dataroot).resolve().name}"
    page = write_gallery(
        folder, title, rows, settings=settings, note=note, not_used=not_used,
        contact_sheet=f"contact_sheet.{opt.format}",
    )  # fmt: skip
    chosen = f" (best of {opt.n_samples} samples)" if opt.n_samples > 1 else ""
    lines = [f"mean {name} {value:.4f}{chosen}" for name, value in mean_metrics(rows).items()]
    lines += [note] if note else []
    lines.append(one_line(f"generated from {len(rows)} images: {page}"))
    print(*lines, *loader.dataset.notes(), *list_not_used(not_used), sep="\n")
    return 1 if not_used else 0


def generate_gallery(model: BaseModel, loader: BatchLoader, folder: Path, opt: Namespace) -> list[Row]:
    """Generate images from all inputs, and write them to ``images/`` while the next ones are generated.

    Returns:
        The gallery's rows in input order. Inputs that cannot be used have no row.
    """
    root = loader.dataset.folder  # names are unique, even if files in different folders share a name
    unique = output_names([p.relative_to(root) for p in loader.dataset.paths], "png", {})
    names = {str(root / path): name.removesuffix(".png") for path, name in unique.items()}
    rows: list[Row] = []
    writes: list[Future[None]] = []
    with (
        ThreadPoolExecutor(max(1, opt.num_threads)) as pool,
        tqdm(total=len(loader), unit="image", desc="generating", disable=None) as bar,
    ):
        for batch in loader:
            made = generate_batch(model, batch, opt.n_samples)
            while writes:  # wait for the previous batch, so that a slow disk does not fill the memory
                writes.pop().result()
            for generated in made:
                name = names[generated.path]
                # Inputs are stored losslessly, because JPEG blurs lines and does not make the files smaller.
                formats = {label: "png" if label == "real_A" else opt.format for label in generated.images}
                files = {label: f"images/{name}_{label}.{suffix}" for label, suffix in formats.items()}
                for label, image in generated.images.items():
                    writes.append(pool.submit(write_widened, folder / files[label], image, opt.aspect_ratio))
                if opt.dataset_mode == "single":
                    files = {"drawing": f"images/{name}_drawing.jpg"} | files
                    writes.append(pool.submit(write_given, folder / files["drawing"], generated.path))
                rows.append(Row(name, files, generated.metrics))
            bar.update(len(model.image_paths))
        for write in writes:
            write.result()
    return rows


class Generated(NamedTuple):
    """The results for one input file."""

    path: str
    images: dict[str, np.ndarray]  # label, such as fake_B -> (H, W, 3) RGB or (H, W, 1) gray, uint8
    metrics: dict[str, float]  # empty if there is no target


def generate_batch(model: BaseModel, batch: dict[str, Any], n_samples: int) -> list[Generated]:
    """Generate one or more images for each input of a batch."""
    model.set_input(batch)
    outputs: list[Tensor] = []
    for sample in range(n_samples):
        model.test(sample)
        visuals = model.get_current_visuals()
        outputs.append(visuals["fake_B"])
    labels = ["fake_B"] if n_samples == 1 else [f"random_sample{i + 1:02d}" for i in range(n_samples)]
    tensors = {"real_A": visuals["real_A"], **dict(zip(labels, outputs, strict=True))}
    metrics: dict[str, list[float]] = {}
    if "real_B" in visuals:
        tensors["real_B"] = visuals["real_B"]
        metrics = measure(outputs, visuals["real_B"])
    images = {label: to_uint8(tensor)[..., : tensor.shape[1]] for label, tensor in tensors.items()}
    return [
        Generated(path, {k: v[i] for k, v in images.items()}, {k: v[i] for k, v in metrics.items()})
        for i, path in enumerate(model.image_paths)
    ]


def measure(outputs: list[Tensor], target: Tensor) -> dict[str, list[float]]:
    """Compare each of N targets with the best of its samples; return a dict from metric to N values.

    The metrics are L1 and, if the images are large enough, SSIM. ``outputs`` contains one tensor per sample,
    (N, C, H, W) in [-1, 1].
    """
    import torch

    from util.metrics.paired import SSIM_WINDOW_PX, l1, ssim

    metrics = {"L1": torch.stack([l1(output, target) for output in outputs]).amin(0).tolist()}
    if min(target.shape[2:]) >= SSIM_WINDOW_PX:
        metrics["SSIM"] = torch.stack([ssim(output, target) for output in outputs]).amax(0).tolist()
    return metrics


def write_widened(path: Path, image: np.ndarray, aspect_ratio: float) -> None:
    """Write an image stretched in width by the aspect ratio; ``image`` is (H, W, 3) or (H, W, 1) uint8."""
    height, width = image.shape[:2]
    resized = resize(image, (height, max(1, round(width * aspect_ratio))))
    try:
        write_image(path, resized[..., 0] if resized.shape[2] == 1 else resized)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or error}") from error


def write_given(path: Path, source: str) -> None:
    """Write a small copy of an input file."""
    write_widened(path, shrink(read_rgb(source), _GIVEN_PX), 1.0)


if __name__ == "__main__":
    run_command(main)
