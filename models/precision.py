"""The precision and memory layout used to run networks on a device."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch

from util.errors import UserError


@dataclass(frozen=True)
class Precision:
    """The precision (fp32, bf16 or fp16), the device and the memory layout of networks."""

    name: str
    device: torch.device
    channels_last: bool

    def autocast(self) -> AbstractContextManager:
        """Return the autocast context for networks. Losses are computed outside the context, in fp32."""
        if self.name == "fp32":
            return nullcontext()
        dtype = torch.bfloat16 if self.name == "bf16" else torch.float16
        return torch.autocast(self.device.type, dtype=dtype)

    @property
    def memory_format(self) -> torch.memory_format:
        """The memory format of images and convolution weights."""
        return torch.channels_last if self.channels_last else torch.contiguous_format

    def place(self, net: torch.nn.Module) -> torch.nn.Module:
        """Move a network to the device and convert it to the memory layout."""
        net = net.to(self.device)
        return net.to(memory_format=torch.channels_last) if self.channels_last else net


def choose_precision(amp: str, device: torch.device, batch_size: int = 1) -> Precision:
    """Return the precision for an ``--amp`` value; ``auto`` selects the fastest precision on the device.

    Tensor cores and the CPU's bf16 instructions are fastest with the channels-last layout, except on a CPU
    with batch size 1, where moving weights takes most of the time (see scripts/BENCHMARKS.md).
    """
    on_gpu = device.type == "cuda"
    if amp == "auto":
        amp = "bf16" if has_bf16(device) else "fp16" if on_gpu else "fp32"
        if on_gpu and torch.cuda.get_device_capability(device) < (7, 0):
            amp = "fp32"  # half precision has no benefit without tensor cores
    if amp == "fp16" and not on_gpu:
        raise UserError("--amp fp16 needs a CUDA GPU; on the CPU choose bf16 or fp32")
    if on_gpu:
        torch.backends.cudnn.benchmark = True
        torch.set_float32_matmul_precision("high")  # use TF32, as convolutions do by default
    return Precision(amp, device, channels_last=amp != "fp32" and (on_gpu or batch_size > 1))


def has_bf16(device: torch.device) -> bool:
    """Return whether the device has hardware instructions for bfloat16 multiplication."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags
