"""A checkpoint and pictures to a gallery."""

from __future__ import annotations

from argparse import Namespace
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from options.test_options import TestOptions
from util.errors import UserError, run_command

# Pictures that may wait to be written.
_MOST_AHEAD = 64


def main() -> int:
    """Run the command; returns its exit code."""
    opt = TestOptions().parse()

    from data import create_dataset
    from models import create_model
    from util import distributed
    from util.atomic import inside, make_folder
    from util.memory import ExplainingMemory, keep_freed_memory

    if opt.device == "cpu":
        keep_freed_memory()
    distributed.start(opt.device)
    dataset = create_dataset(opt)
    model = create_model(opt)
    model.setup(opt)
    epoch = f"iter{opt.load_iter}" if opt.load_iter else opt.epoch
    folder = inside(Path(opt.results_dir) / opt.name, f"{opt.phase}_{epoch}", what="--phase and --epoch")
    make_folder(folder / "images", what="--results_dir")

    with ExplainingMemory():
        rows = paint_all(model, dataset, folder, opt)
    write_pages(folder, rows, dataset, opt, epoch)
    return 0


def paint_all(model: Any, loader: Any, folder: Path, opt: Namespace) -> list[Any]:
    """Paint every input and write its pictures while the next are painted; returns the gallery's rows."""
    from tqdm import tqdm

    from data.preprocess.records import output_names
    from util.gallery.writing import Row

    root = loader.dataset.folder
    relative = [p.relative_to(root) for p in loader.dataset.paths]
    names = {str(root / p): n.removesuffix(".png") for p, n in sample_names(output_names, relative).items()}
    rows: list[Row] = []
    written: list[Any] = []
    with ThreadPoolExecutor(max(1, opt.num_threads)) as writers:
        with tqdm(total=len(loader), unit="picture", desc="painting", disable=None) as bar:
            for batch in loader:
                for pictures, metrics, path in painted(model, batch, opt):
                    name = names[path]
                    files = {label: f"images/{name}_{label}.png" for label in pictures}
                    if len(written) >= _MOST_AHEAD:  # a slow disk must not fill the memory
                        written[-_MOST_AHEAD].result()
                    for label, file in files.items():
                        written.append(
                            writers.submit(write, folder / file, pictures[label], opt.aspect_ratio)
                        )
                    rows.append(Row(name, files, metrics))
                bar.update(len(model.image_paths))
        for future in written:
            future.result()
    return rows


def painted(model: Any, batch: dict[str, Any], opt: Namespace) -> list[tuple[dict, dict, str]]:
    """Pictures (label -> (H, W, 3) uint8) and metrics of each input in a batch, with its file."""
    from util.image import to_uint8
    from util.metrics.paired import SSIM_WINDOW_PX, l1, ssim

    model.set_input(batch)
    visuals: dict[str, Any] = {}
    outputs = []
    for sample in range(opt.n_samples):
        model.test(sample)
        label = "fake_B" if opt.n_samples == 1 else f"random_sample{sample + 1:02d}"
        current = model.get_current_visuals()
        outputs.append(current.pop("fake_B"))
        visuals |= {"real_A": to_uint8(current["real_A"]), label: to_uint8(outputs[-1])}
    metrics: dict[str, Any] = {}
    if model.real_B is not None:
        visuals["real_B"] = to_uint8(model.real_B)
        # Of several samples, the nearest to the truth counts.
        metrics["L1"] = [min(v) for v in zip(*(l1(o, model.real_B).tolist() for o in outputs), strict=True)]
        if min(model.real_B.shape[2:]) >= SSIM_WINDOW_PX:
            found = (ssim(o, model.real_B).tolist() for o in outputs)
            metrics["SSIM"] = [max(v) for v in zip(*found, strict=True)]
    return [
        ({k: v[i] for k, v in visuals.items()}, {k: v[i] for k, v in metrics.items()}, path)
        for i, path in enumerate(model.image_paths)
    ]


def write(path: Path, picture: Any, aspect_ratio: float) -> None:
    """Write one picture, its width multiplied by the aspect ratio."""
    from data.transforms import resize
    from util.image import write_image

    height, width = picture.shape[:2]
    try:
        write_image(path, resize(picture, (height, max(1, round(width * aspect_ratio)))))
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or error}") from error


def sample_names(output_names: Any, relative: list[Path]) -> dict[Path, str]:
    """A name for each input that no other has, whatever folders they lie in."""
    by_text = output_names(relative, "png", {})
    return {path: by_text[str(path)] for path in relative}


def write_pages(folder: Path, rows: list[Any], loader: Any, opt: Namespace, epoch: str) -> None:
    """Write the gallery and say where it lies."""
    from util.gallery.writing import write_gallery

    described = getattr(loader.dataset, "describe", lambda: "")()
    settings = {
        k: v for k, v in sorted(vars(opt).items()) if k not in ("explicit", "rank", "world_size", "isTrain")
    }
    page = write_gallery(
        folder, f"{opt.name}: {opt.phase}, epoch {epoch}", rows, settings=settings, note=described
    )
    chosen = f" (of the best of {opt.n_samples} samples)" if opt.n_samples > 1 else ""
    for key in ("L1", "SSIM"):
        values = [row.metrics[key] for row in rows if key in row.metrics]
        if values:
            print(f"mean {key} {sum(values) / len(values):.4f}{chosen}")
    if described:
        print(described)
    print(f"{len(rows)} pictures painted: {page}")


if __name__ == "__main__":
    run_command(main)
