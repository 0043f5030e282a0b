"""What the soak test concludes from its measurements, and its table."""

from soak_measures import MB, block_means, grows, robust_slope_per_hour, slope_per_hour, thirds

# Growth that neither a night nor a week would notice, and that samples of an hour can tell from none.
_MEMORY_MAY_GROW_MB_PER_H = 5.0
_PEAK_MAY_GROW_MB_PER_H = 10.0
# A heap that fragments grows in steps, which become rare.
_MEMORY_MAY_STEP = 0.05
_DESCRIPTORS_MAY_GROW = 4
_WARM_UP, _FEWEST_RUNS = 0.2, 8


def memory_slope(samples):
    """Slope of the resident memory after the warm-up, in MB an hour, and its standard error."""
    kept = samples.after(_WARM_UP)
    return robust_slope_per_hour(*block_means(kept.seconds, kept.memory_mb))


def memory_rise(samples):
    """How far the resident memory rises above its first value after the warm-up, as a share of that."""
    kept = samples.after(_WARM_UP).memory_mb
    return max(kept) / kept[0] - 1 if kept else 0.0


def check_samples(samples, name, problems):
    """Note memory or descriptors of a process that grow, and children that it forgets."""
    slope, error = memory_slope(samples)
    if grows(slope, error, _MEMORY_MAY_GROW_MB_PER_H):
        problems.add(f"the memory of {name} grows", f"{slope:.1f} +- {error:.1f} MB/h")
    if (rise := memory_rise(samples)) > _MEMORY_MAY_STEP:
        problems.add(f"the memory of {name} rises after its warm-up", f"{rise:.1%}")
    kept = samples.after(_WARM_UP).descriptors
    if kept and thirds(kept)[1] - thirds(kept)[0] > _DESCRIPTORS_MAY_GROW:
        problems.add(f"{name} opens more and more files", f"{kept[0]} -> {kept[-1]}")
    if samples.zombies > 1:  # one may have ended this very moment
        problems.add(f"{name} leaves zombies", samples.zombies)


def check_long_run(long_run, done, problems):
    """Note what is wrong with the long training."""
    check_samples(long_run.samples, "the long training", problems)
    if done.code != 130:
        problems.add(f"the long training ends with {done.code} after SIGTERM", done.errors[-600:])
    files = long_run.files
    if 1000 in files:
        (count, size), (last_count, last_size) = files[1000]["page"], files["last"]["page"]
        if last_size > 1.5 * size or last_count > count + 10:
            problems.add("the page of the long training grows", f"{size} -> {last_size} bytes")


def check_peaks(commands, problems):
    """Note commands that need more and more memory from cycle to cycle."""
    for name, peaks in commands.peaks.items():
        slope, error = slope_per_hour(*zip(*peaks, strict=True))
        if len(peaks) >= _FEWEST_RUNS and grows(slope, error, _PEAK_MAY_GROW_MB_PER_H):
            problems.add(f"the memory of {name} grows over the cycles", f"{slope:.1f} +- {error:.1f} MB/h")


def check_history(history, problems):
    """Note a page that grows after its curves are full, and logs that grow faster than the epochs."""
    if len(history) < 3:
        return
    _, middle, last = sorted(history)
    before, after = history[middle], history[last]
    for key in ("page_bytes", "page_files", "page_s"):
        if after[key] > 1.5 * before[key]:
            problems.add(f"{key} grows with the epochs", f"{before[key]} -> {after[key]}")
    for log in (key for key in after if key.startswith("loss_log")):
        if after[log] / last > 1.5 * before[log] / middle:
            problems.add(f"{log} grows faster than the epochs", f"{before[log]} -> {after[log]} bytes")


def print_table(commands, cycle, long_run, history):
    """Print all that was measured."""
    hours = (commands.peaks and max(at for peaks in commands.peaks.values() for at, _ in peaks) or 0) / 3600
    kills = ", ".join(f"{count} {name}" for name, count in sorted(commands.kills.items()))
    print(f"\n{cycle.done} cycles in {hours:.2f} h, {commands.ran} commands; kills: {kills or 'none'}")
    print(f"training went on from a checkpoint {cycle.resumed} times")
    print(f"files that commands left in TMPDIR when killed: {commands.left_by_kills}")
    _print_peaks(commands.peaks)
    _print_long_run(long_run)
    if history:
        _print_history(history)


def _print_peaks(peaks):
    """Print the peak memory of each command."""
    print(f"\n{'peak memory, MB':<28}{'runs':>6}{'largest':>9}{'first third':>13}{'last third':>12}   MB/h")
    for name, found in sorted(peaks.items()):
        seconds, values = zip(*found, strict=True)
        first, last = thirds(values)
        slope, error = slope_per_hour(seconds, values)
        print(f"{name:<28}{len(values):>6}{max(values):>9.1f}{first:>13.1f}{last:>12.1f}   "
              f"{slope:+.1f} +- {error:.1f}")  # fmt: skip


def _print_long_run(long_run):
    """Print what the long training needed over time."""
    samples, opened, memory = long_run.samples, long_run.samples.descriptors, long_run.samples.memory_mb
    if not opened:
        print("\nlong training: no samples")
        return
    hours = samples.seconds[-1] / 3600
    print(f"\nlong training: {long_run.epoch} epochs in {hours:.2f} h, {len(opened)} samples")
    slope, error = memory_slope(samples)
    print(f"memory, MB: first {memory[0]:.1f}, last {memory[-1]:.1f}, largest {max(memory):.1f}")
    print(f"memory without the first fifth of the time: {slope:+.2f} +- {error:.2f} MB/h")
    print(f"it rises by at most {memory_rise(samples):.1%}")
    print(f"descriptors: first {opened[0]}, last {opened[-1]}, largest {max(opened)}")
    print(f"zombies: {samples.zombies}")
    print(f"{'at epoch':>10}{'page files':>12}{'page kB':>10}{'logs MB':>10}{'all files':>11}{'all MB':>9}")
    last = long_run.files.pop("last")
    for epoch, files in {**long_run.files, long_run.epoch: last}.items():
        (pages, page), (_, logs), (count, total) = files["page"], files["logs"], files["all"]
        print(f"{epoch:>10}{pages:>12}{page / 1e3:>10.1f}{logs / MB:>10.3f}{count:>11}{total / MB:>9.1f}")


def _print_history(history):
    """Print what page and logs cost without a network."""
    print("\nlogs of a run without a network")
    keys = [key for key in next(iter(history.values())) if key not in ("page_s", "memory_mb")]
    for name, key, factor, unit in (
        ("an epoch's page", "page_s", 1e3, "ms"),
        *(
            (key, key, 1 if key == "page_files" else 1e-3, "" if key == "page_files" else "kB")
            for key in keys
        ),
        ("memory", "memory_mb", 1, "MB"),
    ):
        values = (f"epoch {epoch}: {cost[key] * factor:,.1f} {unit}" for epoch, cost in history.items())
        print(f"{name:<18}" + "".join(f"{value:>30}" for value in values))
