"""A plain textbook implementation of pix2pix, which is the baseline of all benchmarks.

Pillow decodes the files and torchvision transforms them on the CPU, one at a time. The networks run in eager
fp32 with PyTorch's default Adam. Every loss is read from the device after every update.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, RandomSampler
from torchvision import transforms
from torchvision.transforms import functional as TF

from data.edges import auto_canny
from data.preprocess.pair import make_square, pair
from models.networks import define_D, define_G

LAMBDA_L1 = 100.0
_to_tensor = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,) * 3, (0.5,) * 3)])


class PairDataset(Dataset):
    """Decodes, scales, crops and flips pairs, each a photo and an edge map side by side in one file."""

    def __init__(self, paths: Sequence[Path], load_px: int, crop_px: int):
        self.paths, self.load_px, self.crop_px = list(paths), load_px, crop_px

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.paths)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """Return a sample: edge map ``A`` and photo ``B``, each (3, crop_px, crop_px) in [-1, 1]."""
        with Image.open(self.paths[index]) as file:
            whole = file.convert("RGB")
        width, height = whole.size
        photo, edges = whole.crop((0, 0, width // 2, height)), whole.crop((width // 2, 0, width, height))
        top, left = (random.randint(0, self.load_px - self.crop_px) for _ in range(2))
        mirrored = random.random() < 0.5
        sample = {}
        for name, image in (("A", edges), ("B", photo)):
            image = TF.resize(image, [self.load_px, self.load_px], transforms.InterpolationMode.BICUBIC)
            image = TF.crop(image, top, left, self.crop_px, self.crop_px)
            sample[name] = _to_tensor(TF.hflip(image) if mirrored else image)
        return sample


def endless_batches(dataset: PairDataset, *, batch_size: int, workers: int) -> Iterator[dict[str, Tensor]]:
    """Yield shuffled batches from a DataLoader forever."""
    # A single very long epoch, so that the time to restart the workers is not measured.
    sampler = RandomSampler(dataset, replacement=True, num_samples=10**6 * batch_size)
    return iter(DataLoader(dataset, batch_size, sampler=sampler, num_workers=workers))


class Learner:
    """The networks, their Adam optimizers, and an update with the least-squares adversarial loss."""

    def __init__(self, netG: str, *, width: int, device: torch.device):
        G, D = define_G(3, 3, width, netG, "batch", True), define_D(6, width, "basic", norm="batch")
        for layer in [*G.modules(), *D.modules()]:
            if isinstance(layer, (nn.ReLU, nn.LeakyReLU)):
                layer.inplace = True  # as in pix2pix
        self.netG, self.netD, self.device = G.to(device), D.to(device), device
        adam = partial(torch.optim.Adam, lr=0.0002, betas=(0.5, 0.999))
        self.optimizer_G, self.optimizer_D = adam(G.parameters()), adam(D.parameters())

    def update(self, real_A: Tensor, real_B: Tensor) -> dict[str, Tensor]:
        """Update D, then G, on edge maps and photos, (N, 3, H, W) in [-1, 1]; return the losses by name."""
        netD, mse, l1 = self.netD, nn.MSELoss(), nn.L1Loss()
        fake_B = self.netG(real_A)

        # D should score real pairs as 1 and generated pairs as 0.
        netD.requires_grad_(True)
        self.optimizer_D.zero_grad()
        pred_fake, pred_real = (netD(torch.cat([real_A, image], 1)) for image in (fake_B.detach(), real_B))
        D_fake = mse(pred_fake, torch.zeros_like(pred_fake))
        D_real = mse(pred_real, torch.ones_like(pred_real))
        (0.5 * (D_fake + D_real)).backward()
        self.optimizer_D.step()

        # D should score G's images as 1, and the images should be close to the targets.
        netD.requires_grad_(False)
        self.optimizer_G.zero_grad()
        pred_fake = netD(torch.cat([real_A, fake_B], 1))
        G_GAN, G_L1 = mse(pred_fake, torch.ones_like(pred_fake)), LAMBDA_L1 * l1(fake_B, real_B)
        (G_GAN + G_L1).backward()
        self.optimizer_G.step()
        return {"D_real": D_real, "D_fake": D_fake, "G_GAN": G_GAN, "G_L1": G_L1}

    def step(self, batches: Iterator[dict[str, Tensor]]) -> dict[str, float]:
        """Load a batch, do an update, and read all losses as numbers."""
        batch = next(batches)
        losses = self.update(batch["A"].to(self.device), batch["B"].to(self.device))
        return {name: value.item() for name, value in losses.items()}


@torch.no_grad()
def generate_folder(
    net: nn.Module, paths: Sequence[Path], output: Path, *, size_px: int, device: torch.device
) -> None:
    """Generate an image from each drawing, one at a time.

    As in pix2pix's test.py, dropout is active and batch norm uses each image's own statistics.
    """
    for path in paths:
        with Image.open(path) as file:
            whole = TF.resize(file.convert("RGB"), [size_px] * 2, transforms.InterpolationMode.BICUBIC)
        real_A = _to_tensor(whole)[None]
        for name, tensor in (("real_A", real_A), ("fake_B", net(real_A.to(device)))):
            levels = (tensor[0].float().cpu().numpy().transpose(1, 2, 0) + 1) / 2 * 255
            Image.fromarray(levels.astype(np.uint8)).save(output / f"{path.stem}_{name}.png")


def preprocess_folder(photos: Path, output: Path, *, size_px: int, resize: str) -> None:
    """Turn photos into pairs, one at a time."""
    output.mkdir(exist_ok=True)
    for path in sorted(photos.iterdir()):
        with Image.open(path) as file:
            rgb = np.asarray(file.convert("RGB"))
        square = make_square(rgb, size_px, resize=resize)
        edges = auto_canny(np.ascontiguousarray(square[..., ::-1]))[..., None].repeat(3, 2)
        Image.fromarray(pair(square, edges)).save(output / f"{path.stem}.png")
