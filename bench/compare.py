#!/usr/bin/env python3
"""Comanche beside its peers at one work after another, in one run, taking turns.

usage: bench/compare.py [WORK...] [--only PEER,...] [--rounds N] [--seconds N] [--warm N] [--svg FILE] [--markdown]

Each server has the first processor for itself, and the load (wrk) the second. All write an access log to a file. A server that
compiles as it goes is warmed up before its first round. Printed are medians of the rounds: requests a second, the server's own processor
time for one request (wrk ends near 120,000 requests a second, so this says more), the 99th percentile of the time to answer,
resident memory now and at its highest, and what was answered wrongly (0, or the row is worth nothing).
Only ratios within one run mean anything: machines differ, and so do minutes.
"""
import argparse, os, platform, re, statistics, subprocess, sys, tempfile, time
import peers
from peers import PEERS, Running

BASE = "nginx"


class Load:
    """Requests for one target as fast as they are answered, from persistent connections."""

    columns = {"requests/s": "{:,.0f}", "us": "{:.1f}", "p99 ms": "{:.2f}", "MiB": "{:.0f}", "peak": "{:.0f}", "wrong": "{:.0f}"}
    ratios = ["requests/s", "us"]

    def __init__(self, title, octets, peers=tuple(PEERS), connections=64):
        self.title, self.octets, self.peers, self.connections = title, octets, peers, connections
        self.target = "/file.bin"

    def prepare(self, tree):
        with open(os.path.join(tree, "file.bin"), "wb") as file:
            file.write(os.urandom(1024) * (self.octets // 1024))

    def check(self, server):
        status, _, content = server.answer(self.target)
        if (status, len(content)) != (200, self.octets):
            sys.exit(f"{server.name} answers {status} and {len(content)} octets.")

    def round(self, server, seconds):
        before = server.processor_seconds()
        text = subprocess.run([*peers.pinned(1), "wrk", "-t1", f"-c{self.connections}", f"-d{seconds}", "--latency",
                               server.origin + self.target], capture_output=True, text=True, check=True).stdout
        spent = server.processor_seconds() - before
        requests = int(re.search(r"(\d+) requests in", text)[1])
        wrong = sum(int(count) for count in re.findall(r"Non-2xx or 3xx responses: (\d+)", text)
                    + re.findall(r"(?:connect|read|write|timeout) (\d+)", text))
        server.forget_log()
        return {"requests/s": float(re.search(r"Requests/sec: +([\d.]+)", text)[1]), "us": spent / max(requests, 1) * 1e6,
                "p99 ms": milliseconds(re.search(r"99% +(\S+)", text)[1]), "MiB": server.mebibytes(),
                "peak": server.mebibytes("VmHWM"), "wrong": wrong}


def milliseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


ALL_BUT_FLOOR = tuple(name for name in PEERS if name != "floor")
WORKS = {
    "1k": Load("1 KiB file, 64 persistent connections", 1024),
}


def measure(work, names, home, tree):
    """The rounds' figures of each server."""
    servers = {}
    try:
        for name in names:
            servers[name] = Running(home, name, tree)
            work.check(servers[name])
            if given.warm:
                work.round(servers[name], given.warm if name in peers.COMPILE_AS_THEY_GO else 1)
        rounds = {name: [] for name in names}
        for _ in range(given.rounds):
            for name, server in servers.items():
                rounds[name].append(work.round(server, given.seconds))
        return rounds
    finally:
        for server in servers.values():
            server.end()


def medians(work, rounds):
    """One row of figures for each server; of what went wrong the sum."""
    return {name: {column: (sum if column == "wrong" else statistics.median)(figures[column] for figures in many)
                   for column in work.columns} for name, many in rounds.items()}


def table(work, rows):
    """The medians as rows of text, each of the work's ratios beside its column."""
    base = rows.get(BASE)
    head = [work.title]
    for column in work.columns:
        head += [column] + ([f"of {BASE}"] if column in work.ratios and base else [])
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
    parser.add_argument("--warm", type=int, default=5, help="seconds before the first round, for what compiles as it goes")
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


given = arguments()
peers.needed("wrk", "taskset")
print(f"{machine()}: medians of {given.rounds} rounds of {given.seconds} s, "
      f"after {given.warm} s of warming up what compiles as it goes", flush=True)
with tempfile.TemporaryDirectory() as home:
    os.chmod(home, 0o755)
    for name in given.works or WORKS:
        work = WORKS[name]
        tree = os.path.join(home, "tree-" + name)
        os.mkdir(tree)
        work.prepare(tree)
        rows = medians(work, measure(work, [peer for peer in given.only if peer in work.peers], home, tree))
        lines = table(work, rows)
        print("\n" + (as_markdown if given.markdown else as_text)(lines), flush=True)
