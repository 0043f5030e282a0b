"""Serve a drawing page on which the generated image changes with every stroke.

Example:
    python scripts/draw.py --name animals

The command prints the page's address. --open also opens the page in the browser.
"""

from __future__ import annotations

import importlib.util
import socket
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from models.choices import AMP
from scripts.command import add_run, parser_of, run_folder
from util.errors import UserError, run_command

if TYPE_CHECKING:
    from scripts.drawing.generation import Generators

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = parser_of(__doc__)
    add_run(parser)
    add = parser.add_argument
    add("--gpu_ids", default="0", help="GPU to use, or -1 for the CPU, which is also used if there is no GPU")
    add("--amp", default="auto", choices=AMP, help="generator precision, as for test.py")
    add("--seed", type=int, default=0, help="seed for noise and dropout, as for test.py")
    add("--host", default="127.0.0.1", help="address to listen on; with 0.0.0.0, other machines can connect")
    add("--port", type=int, default=7860, help="port to listen on; 0 means any free port")
    add("--open", action="store_true", help="open the page in the browser")
    args = parser.parse_args(argv)
    missing = [name for name in ("starlette", "uvicorn") if importlib.util.find_spec(name) is None]
    if missing:
        raise UserError(f"{' and '.join(missing)} must be installed: run 'pip install -r requirements.txt'")
    if not 0 <= args.port < 2**16:
        raise UserError(f"--port {args.port} must be from 0 to 65535")
    sockets = listen(args.host, args.port)
    import numpy as np

    from options.base_options import resolve_device
    from scripts.drawing.generation import Generators

    device = resolve_device(args.gpu_ids)
    generators = Generators(run_folder(args), args.epoch, args.seed, device=device, amp=args.amp)
    side = generators.first.make_input.size_px or 256
    # The first image takes longer, so generate one before a visitor does.
    generators.generate(np.zeros((side, side, 3), np.uint8), epoch=args.epoch)
    serve(generators, args.host, sockets, opens=args.open)
    return 0


def listen(host: str, port: int) -> socket.socket:
    """Open a listening socket before the generator is loaded, so that a port in use is reported at once.

    Raises:
        UserError: the port is in use, or the address does not belong to this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)  # a client may connect as soon as the address is printed
    except OSError as error:
        listening.close()
        raise UserError(
            f"--host {host} --port {port} is not available: {error.strerror or error}; "
            "choose another --port, or 0 for any"
        ) from error
    return listening


def serve(generators: Generators, host: str, listening: socket.socket, *, opens: bool = False) -> None:
    """Serve the page until Ctrl-C. If ``opens``, also open it in the browser."""
    import uvicorn

    from scripts.drawing.server import Drawing

    port = listening.getsockname()[1]
    alone = host in _LOOPBACK
    app = Drawing(generators).application([*_LOOPBACK, "[::1]"] if alone else None)
    shown = f"[{host}]" if ":" in host else host
    print(f"draw on http://{shown}:{port}/ (Ctrl-C ends it)", flush=True)
    if opens:
        webbrowser.open(f"http://{shown if alone else 'localhost'}:{port}/")
    if not alone:
        print("anyone who can reach this machine over the network can use the page")
    limits: dict[str, Any] = {"limit_concurrency": 256, "timeout_keep_alive": 10}
    config = uvicorn.Config(app, log_level="warning", access_log=False, **limits)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    run_command(main)
