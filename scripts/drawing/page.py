"""The page of draw.py: Gradio's frame and controls around the canvas shared with static pages."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any

from scripts.drawing import ASSETS, example_drawings, stroke_scale
from scripts.drawing.generation import Generators
from scripts.drawing.limits import Guard
from scripts.drawing.server import MOST_SAMPLES, Drawing

_COLUMNS = '<div class="draw-columns"><div class="drawing"></div><div class="results"></div></div>'
# A control's new value goes to the page's script; nothing travels to the server before the canvas asks.
_SET = "(value) => window.drawPage && window.drawPage.set('{}', value)"


def page_script(generators: Generators) -> str:
    """Return the script of the canvas and the results, with the settings of the run."""
    side = generators.opt.load_size
    examples = [str(PurePosixPath("draw/examples", path.name)) for path in example_drawings()]
    known = {
        "side": side,
        "scale": stroke_scale(side),
        "examples": examples,
        "epoch": generators.opt.epoch,
    }
    parts = [(ASSETS / name).read_text("utf-8") for name in ("canvas.js", "results.js", "draw.js")]
    return "\n".join([*parts, f"startDrawing(element, {json.dumps(known)});"])


def build_page(generators: Generators) -> Any:
    """Build the page's Gradio blocks."""
    import gradio as gr

    opt = generators.opt
    with gr.Blocks(title=f"Draw: {opt.name}", analytics_enabled=False) as blocks:
        gr.HTML(f"<h1>Draw an animal</h1><p>Run <b>{_escaped(opt.name)}</b>, {opt.load_size} px</p>")
        gr.HTML(
            html_template=_COLUMNS,
            js_on_load=page_script(generators),
            apply_default_css=False,
            elem_id="draw",
        )
        with gr.Row():
            samples = gr.Slider(1, MOST_SAMPLES, 1, step=1, label="Samples")
            first = gr.Number(
                0, label="Colour" if opt.nz else "Sample", precision=0, minimum=0, maximum=10**6
            )
            epoch = gr.Dropdown(generators.epochs, value=opt.epoch, label="Epoch")
        with gr.Row():
            thin = gr.Checkbox(True, label="Lines as wide as the training data's")
            dropout = gr.Checkbox(not opt.no_dropout, label="Dropout", interactive=not opt.no_dropout)
            another = gr.Button("Another colour" if opt.nz else "Another sample", interactive=_varies(opt))
        controls = {"samples": samples, "first": first, "epoch": epoch, "thin": thin, "dropout": dropout}
        for name, control in controls.items():
            control.change(None, control, None, js=_SET.format(name))
        another.click(None, first, first, js="(value) => (Number(value) || 0) + 1")
    return blocks


def build_app(generators: Generators, *, host: str, hosts: list[str] | None = None) -> Any:
    """Build the ASGI application of the page.

    Args:
        generators: the run's.
        host: address that the application listens on.
        hosts: host names accepted in requests, which protects against DNS rebinding;
            None: any.
    """
    import gradio as gr
    from fastapi import FastAPI
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    app = FastAPI(openapi_url=None)
    app.router.routes.extend(Drawing(generators).routes())
    app.add_middleware(Guard)
    if hosts:
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts)
    fonts = {"font": ["system-ui", "sans-serif"], "font_mono": ["ui-monospace", "monospace"]}
    return gr.mount_gradio_app(
        app,
        build_page(generators),
        path="/",
        server_name=host,
        ssr_mode=False,
        show_error=False,
        enable_monitoring=False,
        footer_links=[],
        theme=gr.themes.Base(**fonts),
        css=(ASSETS / "page.css").read_text("utf-8"),
    )


def _varies(opt: Any) -> bool:
    """Tell whether another draw of noise or dropout changes the image."""
    return bool(opt.nz) or not opt.no_dropout


def _escaped(text: str) -> str:
    """Escape text for HTML."""
    import html

    return html.escape(text)
