"""Make photo | edge map pairs: make each image square, extract its edge map, and write both side by side."""

from __future__ import annotations

from options.preprocess_options import PreprocessOptions
from util.errors import one_line, run_command


def main() -> int:
    """Run the command and return the exit code, which is 1 if some images could not be used."""
    opt = PreprocessOptions().parse()
    from data.preprocess.folder import describe_images, preprocess_folder
    from data.preprocess.pair import EdgeSettings

    settings = EdgeSettings(
        opt.edges, opt.sigma, opt.resize, opt.pad, opt.keep_checkerboard, opt.ground, opt.hints
    )
    result = preprocess_folder(
        opt.input,
        opt.output,
        size_px=opt.size,
        settings=settings,
        edges_from=opt.edges_from,
        input_kind=opt.input_kind,
        file_format=opt.format,
        value_range=opt.value_range,
        overwrite=opt.overwrite,
        workers=opt.workers,
    )
    for line in describe_images(result, opt.input):
        print(line)
    failed = [r for r in result["files"] if r["status"] == "failed"]
    for record in failed:
        print(f"not used: {one_line(record['file'])}: {record['reason']}")
    count = {s: sum(r["status"] == s for r in result["files"]) for s in ("done", "skipped")}
    flagged = sum(bool(r.get("flags")) for r in result["files"])
    print(
        f"{count['done']} pairs made, {count['skipped']} already existed, {len(failed)} not used, {flagged} "
        f"flagged; "
        f"see {one_line(opt.output)}/preprocess.html"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    run_command(main)
