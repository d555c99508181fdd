#!/usr/bin/env python3
"""Many runs of `comanche run` in a row, beside the start of `comanche serve`: bench/run.py [RUNS, 1000 by default]

Of each run: from its start to that of its command, which finds a file on the server, and to its end. Every tenth time `serve`: from
its start to its first line. Says what failed, whether a port came twice in a row, and whether a process was left.
"""
import os
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RUNS = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
COMMAND = 'date +%s.%N; echo $COMANCHE_PORT; curl -sf "$COMANCHE_URL/a.txt"'


def row(name, times):
    times = sorted(times)
    cuts = [times[0], statistics.median(times), times[int(len(times) * 0.99)], times[-1]]
    print(f"{name:<32}" + "".join(f"{1000 * cut:8.0f}" for cut in cuts))


with tempfile.TemporaryDirectory() as tree:
    with open(os.path.join(tree, "a.txt"), "w") as file:
        file.write("hello")
    script = [os.path.join(ROOT, "jbang"), os.path.join(ROOT, "Comanche.java")]
    shown = subprocess.run([*script, "run", tree, "--", "sh", "-c", "cat /proc/$PPID/cmdline"], check=True, capture_output=True)
    java = shown.stdout.decode().split("\0")
    java = java[:java.index("run")]

    begins, wholes, serves, ports, failures = [], [], [], [], []
    for number in range(RUNS):
        start = time.time()
        done = subprocess.run([*java, "run", tree, "--", "sh", "-c", COMMAND], capture_output=True, text=True, timeout=60)
        wholes.append(time.time() - start)
        lines = done.stdout.split("\n")
        if done.returncode != 0 or lines[2:] != ["hello"] or done.stderr:
            failures.append(done)
            continue
        begins.append(float(lines[0]) - start)
        ports.append(lines[1])
        if number % 10 == 0:
            start = time.time()
            server = subprocess.Popen([*java, "serve", tree, "-p", "0", "-q"], stdout=subprocess.PIPE)
            server.stdout.readline()
            serves.append(time.time() - start)
            server.terminate()
            server.wait()

    left = subprocess.run(["pgrep", "-f", "Comanche run " + tree], capture_output=True, text=True).stdout.split()
    print(f"{'ms':<32}{'least':>8}{'median':>8}{'99 %':>8}{'most':>8}")
    row("run: its command begins", begins)
    row("run: its end", wholes)
    row("serve: its first line", serves)
    print(f"{RUNS} runs, {len(failures)} failed, {len(set(ports))} ports, "
          f"{sum(a == b for a, b in zip(ports, ports[1:]))} twice in a row, {len(left)} processes left")
    for failure in failures[:5]:
        print(failure)
    sys.exit(1 if failures or left else 0)
