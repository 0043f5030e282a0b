"""Make training pairs: scale each photo to a square, extract its edge map, and save both side by side."""

from dataclasses import fields

from options.preprocess_options import PreprocessOptions
from util.errors import one_line, run_command


def main() -> int:
    """Run the command and return its exit code, which is 1 if some images could not be used."""
    opt = PreprocessOptions().parse()
    from data.preprocess.folder import describe_images, preprocess_folder
    from data.preprocess.pair import EdgeSettings

    settings = EdgeSettings(**{field.name: getattr(opt, field.name) for field in fields(EdgeSettings)})
    how = {name: getattr(opt, name) for name in ("edges_from", "input_kind", "value_range", "overwrite")}
    result = preprocess_folder(
        opt.input, opt.output, opt.size, settings, file_format=opt.format, workers=opt.workers, **how
    )
    for line in describe_images(result, opt.input):
        print(line)
    failed = [r for r in result["files"] if r["status"] == "failed"]
    for record in failed:
        print(f"not used: {one_line(record['file'])}: {record['reason']}")
    done, skipped = (sum(r["status"] == s for r in result["files"]) for s in ("done", "skipped"))
    flagged = sum(bool(r.get("flags")) for r in result["files"])
    summary = f"{done} pairs made, {skipped} already existed, {len(failed)} not used, {flagged} flagged"
    print(f"{summary}; see {one_line(opt.output)}/preprocess.html")
    return 1 if failed else 0


if __name__ == "__main__":
    run_command(main)
