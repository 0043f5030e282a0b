"""The precision and memory layout in which networks run on a device."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch

from util.errors import UserError


@dataclass(frozen=True)
class Precision:
    """The precision on a device, ``fp32``, ``bf16`` or ``fp16``, and whether channels are innermost."""

    name: str
    device: torch.device
    channels_last: bool

    def autocast(self) -> AbstractContextManager:
        """Return the context for running networks; losses are computed outside of it, in fp32."""
        if self.name == "fp32":
            return nullcontext()
        dtype = torch.bfloat16 if self.name == "bf16" else torch.float16
        return torch.autocast(self.device.type, dtype=dtype)

    @property
    def memory_format(self) -> torch.memory_format:
        """The memory format of images and of convolutions' weights."""
        return torch.channels_last if self.channels_last else torch.contiguous_format

    def place(self, net: torch.nn.Module) -> torch.nn.Module:
        """Move a network to the device, in this memory layout."""
        net = net.to(self.device)
        return net.to(memory_format=torch.channels_last) if self.channels_last else net


def choose_precision(amp: str, device: torch.device, batch_size: int = 1) -> Precision:
    """Choose the precision that ``--amp`` names; ``auto`` is the fastest on the device.

    16-bit arithmetic uses channels-last, which tensor cores and the CPU's bf16 instructions need to be fast.
    The exception is a CPU at batch size 1, where most of the time goes into moving weights (see
    scripts/BENCHMARKS.md).

    Raises:
        UserError: fp16 was requested on the CPU, where there is no loss scaling.
    """
    on_gpu = device.type == "cuda"
    if amp == "auto":
        amp = "bf16" if has_bf16(device) else "fp16" if on_gpu else "fp32"
        if on_gpu and torch.cuda.get_device_capability(device) < (7, 0):
            amp = "fp32"  # no tensor cores: half precision has no benefit
    if amp == "fp16" and not on_gpu:
        raise UserError("--amp fp16 needs a CUDA GPU; on the CPU choose bf16 or fp32")
    if on_gpu:
        torch.backends.cudnn.benchmark = True
        torch.set_float32_matmul_precision("high")  # TF32, which convolutions use by default
    return Precision(amp, device, channels_last=amp != "fp32" and (on_gpu or batch_size > 1))


def has_bf16(device: torch.device) -> bool:
    """Tell whether the device multiplies bfloat16 in hardware."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags
