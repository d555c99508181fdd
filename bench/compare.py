#!/usr/bin/env python3
"""Comanche beside its peers at one work after another, in one run, taking turns.

usage: bench/compare.py [WORK...] [--only PEER,...] [--rounds N] [--seconds N] [--warm N] [--svg FILE] [--markdown]

Each server has the first processor for itself, and the load (wrk) the second. All write an access log to a file. A server that
compiles as it goes is warmed up before its first round. Printed are medians of the rounds: requests a second, the server's own processor
time for one request (wrk ends near 120,000 requests a second, so this says more), the 99th percentile of the time to answer,
resident memory now and at its highest, and what was answered wrongly (0, or the row is worth nothing).
Only ratios within one run mean anything: machines differ, and so do minutes.
"""
import argparse, os, platform, resource, statistics, subprocess, sys, tempfile, time
import peers
from peers import PEERS
from picture import picture
from works import WORKS


def medians(work, rounds):
    """One row of figures for each server; of what went wrong the sum."""
    return {name: {column: (sum if column == "wrong" else statistics.median)(figures[column] for figures in many)
                   for column in work.columns} for name, many in rounds.items()}


def table(work, rows):
    """The medians as rows of text, each of the work's ratios beside its column."""
    base = rows.get(work.base)
    head = [work.title]
    for column in work.columns:
        head += [column] + ([f"of {work.base}"] if column in work.ratios and base else [])
    lines = [head]
    for name, row in rows.items():
        line = [name]
        for column, form in work.columns.items():
            line.append(form.format(row[column]))
            if column in work.ratios and base:
                line.append(f"{row[column] / base[column]:.2f}" if base[column] else "")
        lines.append(line)
    return lines


def as_text(lines):
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(line, widths)))
                     for line in lines)


def as_markdown(lines):
    row = lambda cells: "| " + " | ".join(cells) + " |"
    return "\n".join([row(lines[0]), row(["---"] + ["---:"] * (len(lines[0]) - 1)), *(row(line) for line in lines[1:])])


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("works", nargs="*", metavar="WORK", help=f"of: {', '.join(WORKS)} (all)")
    parser.add_argument("--only", help=f"some of: {'; '.join(PEERS)}; 'cache' is nginx with open_file_cache")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3, help="of each round")
    parser.add_argument("--warm", type=int, default=20, help="seconds before the first round, for what compiles as it goes")
    parser.add_argument("--svg", metavar="FILE", help="write a picture, too")
    parser.add_argument("--markdown", action="store_true", help="print the tables as Markdown")
    found = parser.parse_args()
    short = {name.replace("nginx, ", ""): name for name in PEERS}
    found.only = [short.get(name, name) for name in found.only.split(",")] if found.only else list(PEERS)
    for name, known in [(name, WORKS) for name in found.works] + [(name, PEERS) for name in found.only]:
        if name not in known:
            sys.exit(f"'{name}' is not known here; there are {', '.join(known)}.")
    return found


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    return f"{time.strftime('%Y-%m-%d %H:%M')}, {model}, {os.cpu_count()} processors, Linux {platform.release()}"


def certificate(home):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    "-keyout", f"{home}/key.pem", "-out", f"{home}/certificate.pem"], check=True, stderr=subprocess.DEVNULL)


given = arguments()
peers.needed("wrk", "ab", "taskset", "openssl")
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
head = machine()
print(f"{head}: medians of {given.rounds} rounds of {given.seconds} s, "
      f"after {given.warm} s of warming up what compiles as it goes", flush=True)
shown = []
with tempfile.TemporaryDirectory() as home:
    os.chmod(home, 0o755)
    certificate(home)
    for name in given.works or WORKS:
        work = WORKS[name]
        tree = os.path.join(home, "tree-" + name)
        os.mkdir(tree)
        work.prepare(tree)
        rows = medians(work, work.measure([peer for peer in given.only if peer in work.peers], home, tree, given))
        if not rows:
            continue
        print("\n" + (as_markdown if given.markdown else as_text)(table(work, rows)), flush=True)
        shown.append((work.title, [(column, work.columns[column], caption) for column, caption in work.shown.items()], rows))
        if given.svg:
            with open(given.svg, "w") as file:
                file.write(picture(head, shown))
