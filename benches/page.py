"""Writes docs/dev/benchmarks.md from benches/goals.toml and benches/figures.json.

    page.py                  writes the page
    page.py --add FILE       first takes the figures of FILE, which are lines of a name and a number
    page.py --set NAME=VALUE first takes this figure, which was measured by hand; --note says how or when
    page.py --check          fails if the page is not what it would write

Each figure keeps the commit, the day and the machine of its measurement, so that a run of one benchmark leaves the
figures of the others as they are. Only Python's standard library is needed.
"""

import argparse
import json
import os
import pathlib
import platform
import subprocess
import sys
import time
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
FIGURES = HERE / "figures.json"
PAGE = HERE.parent / "docs/dev/benchmarks.md"

HEAD = """# Benchmarks

`make bench` runs every benchmark in a release build and writes this page; `make bench ONLY=dashboard` runs one. No test
asserts a time. Where two programs are compared, they take turns and the figure is the ratio of the medians, because
machines are noisy: a ratio says more than a time. `benches/goals.toml` has the goals of all issues. A figure is as old
as the commit that it names.
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--add", type=pathlib.Path)
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--note", help="what else the reader must know of the new figures, such as other load")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    goals = tomllib.loads((HERE / "goals.toml").read_text())["part"]
    figures = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    if arguments.check:
        if PAGE.read_text() != page(goals, figures):
            sys.exit(f"{PAGE.name} is not what benches/page.py writes: run it")
        return
    lines = arguments.add.read_text().splitlines() if arguments.add else []
    new = [line.split() for line in lines] + [pair.split("=") for pair in arguments.set]
    known = {entry["figure"] for part in goals for entry in part["goals"] + part.get("other", [])}
    for name, value in new:
        if name not in known:
            sys.exit(f"no goal in benches/goals.toml has the figure {name}")
        figures[name] = {"value": float(value), **origin()} | ({"note": arguments.note} if arguments.note else {})
    if new:
        FIGURES.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")
    PAGE.write_text(page(goals, figures))


def page(parts, figures):
    counts = {"met": 0, "missed": 0, "not measured": 0}
    sections = []
    for part in parts:
        rows = []
        for entry in part["goals"] + part.get("other", []):
            figure = figures.get(entry["figure"])
            verdict = judged(entry, figure)
            if verdict in counts:
                counts[verdict] += 1
            issue = str(entry.get("issue", ""))
            row = [entry["what"], issue, limit(entry), shown(figure, entry), verdict]
            rows.append("| " + " | ".join(row) + " |")
        sections.append(section(part, rows, figures))
    summary = f"{counts['met']} goals are met, {counts['missed']} are missed, {counts['not measured']} are not measured."
    return "\n".join([HEAD, summary, *sections])


def section(part, rows, figures):
    lines = ["", f"## {part['name']}", "", part["text"], ""]
    if "command" in part:
        lines += [f"`{part['command']}`", ""]
    names = [entry["figure"] for entry in part["goals"] + part.get("other", [])]
    runs = sorted({described(figures[name]) for name in names if name in figures})
    lines += [f"Measured {run}." for run in runs] + ([""] if runs else [])
    lines += ["| | issue | goal | measured | |", "| --- | --- | --- | --- | --- |", *rows]
    return "\n".join(lines) + ("\n" if part["name"] == "Building" else "")


def judged(entry, figure):
    if "at_most" not in entry and "below" not in entry:
        return ""
    if figure is None:
        return "not measured"
    met = figure["value"] <= entry["at_most"] if "at_most" in entry else figure["value"] < entry["below"]
    return "met" if met else "missed"


def limit(entry):
    if "at_most" in entry:
        return f"at most {number(entry['at_most'])} {entry.get('unit', '')}".strip()
    return f"below {number(entry['below'])} {entry.get('unit', '')}".strip() if "below" in entry else ""


def shown(figure, entry):
    return f"{number(figure['value'])} {entry.get('unit', '')}".strip() if figure else "–"


def number(value):
    """Three digits, and separators in thousands."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def described(figure):
    note = f", {figure['note']}" if "note" in figure else ""
    return f"on {figure['day']} at {figure['commit']}, {figure['machine']}{note}"


def origin():
    """The commit, the day and the machine of a measurement that was just made."""
    git = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=HERE, capture_output=True, text=True, check=True)
    return {"commit": git.stdout.strip(), "day": time.strftime("%Y-%m-%d", time.gmtime()), "machine": machine()}


def machine():
    model = platform.processor() or platform.machine()
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return f"{os.cpu_count()} cores of {model}, {memory:.0f} GB, {platform.system()} {platform.release().split('-')[0]}"


if __name__ == "__main__":
    main()
