#!/usr/bin/env python3
"""From the command to the first answer: Comanche beside its peers, in one run, taking turns.

usage: bench/start.py [ROUNDS [java]]     (default 9; prints a table of medians and ratios)
                                          (with java only the rows that start a server without jbang)

Rows: Comanche as the bare java command that jbang ends in; through ./jbang with warm caches; with the compiled script
gone (the first run after an edit); from a catalog on a server that is 30 ms away, with nothing cached but the
libraries, and again warm; jwebserver of the same JDK; python3 -m http.server.
Only ratios within one run mean anything: machines differ, and so do minutes.
"""
import os, shutil, signal, socket, statistics, subprocess, sys, tempfile, threading, time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 9
ONLY_JAVA = sys.argv[2:] == ["java"]
ROUND_TRIP = 0.030
PATIENCE = 120


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def first_answer(command, port, environment=None, keep=False):
    """Milliseconds until GET /small.txt is answered; the process ends, or is returned with the time."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tree,
                               env={**os.environ, **(environment or {})})
    while time.perf_counter() - started < PATIENCE and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), 5) as s:
                s.sendall(b"GET /small.txt HTTP/1.0\r\n\r\n")
                if s.recv(1024):
                    elapsed = (time.perf_counter() - started) * 1000
                    return (elapsed, process) if keep else (end(process), elapsed)[1]
        except OSError:
            time.sleep(0.002)
    end(process)
    sys.exit(f"{command} gave no answer")


def end(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def far_away(port):
    """A relay to a port of this machine that delays everything by half a round trip, each way."""
    listener = socket.create_server(("127.0.0.1", 0))

    def relay(source, sink):
        try:
            while octets := source.recv(65536):
                time.sleep(ROUND_TRIP / 2)
                sink.sendall(octets)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def serve():
        while True:
            client, _ = listener.accept()
            time.sleep(ROUND_TRIP)  # the handshake
            server = socket.create_connection(("127.0.0.1", port))
            threading.Thread(target=relay, args=(client, server), daemon=True).start()
            threading.Thread(target=relay, args=(server, client), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1]


def comanche(port):
    return ["serve", ".", "-p", str(port)]


with tempfile.TemporaryDirectory() as home:
    tree = os.path.join(home, "tree")
    os.mkdir(tree)
    with open(os.path.join(tree, "small.txt"), "w") as file:
        file.write("hello\n")
    jbang, script = os.path.join(ROOT, "jbang"), os.path.join(ROOT, "Comanche.java")

    # The command that jbang ends in is the command line of the process that it becomes.
    port = free_port()
    _, process = first_answer([jbang, script, *comanche(port)], port, keep=True)
    with open(f"/proc/{process.pid}/cmdline", "rb") as file:
        java = file.read().decode().split("\0")[:-1]
    end(process)
    bare = java[:java.index("serve")]
    jwebserver = os.path.join(os.path.dirname(java[0]), "jwebserver")

    # The origin of the catalog, 30 ms away.
    origin = free_port()
    _, server = first_answer([*bare, *comanche(origin)], origin, keep=True)
    end(server)
    origin_process = subprocess.Popen([*bare, "serve", ROOT, "-q", "-p", str(origin)], stdout=subprocess.DEVNULL)
    catalog = f"http://127.0.0.1:{far_away(origin)}/jbang-catalog.json"
    far = {"JBANG_DIR": os.path.join(home, "jbang"), "JBANG_CACHE_DIR": os.path.join(home, "cache")}

    def compiled_script_gone():
        shutil.rmtree(os.path.join(home, "cache-local"), ignore_errors=True)

    def nothing_cached():
        shutil.rmtree(far["JBANG_DIR"], ignore_errors=True)
        shutil.rmtree(far["JBANG_CACHE_DIR"], ignore_errors=True)
        subprocess.run([jbang, "catalog", "add", "--name", "far", catalog], env={**os.environ, **far}, check=True, cwd=home,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    nothing = lambda: None
    rows = {
        "comanche, java ...": (nothing, lambda p: [*bare, *comanche(p)], None),
        "jwebserver": (nothing, lambda p: [jwebserver, "-d", tree, "-p", str(p)], None),
        "python3 -m http.server": (nothing, lambda p: ["python3", "-m", "http.server", str(p)], None),
        "comanche, ./jbang, warm": (nothing, lambda p: [jbang, script, *comanche(p)], None),
        "comanche, ./jbang, compiling": (compiled_script_gone, lambda p: [jbang, script, *comanche(p)],
                                         {"JBANG_CACHE_DIR": os.path.join(home, "cache-local")}),
        "comanche@far, cold": (nothing_cached, lambda p: [jbang, "comanche@far", *comanche(p)], far),
        "comanche@far, warm": (nothing, lambda p: [jbang, "comanche@far", *comanche(p)], far),
    }
    if ONLY_JAVA:
        rows = {name: row for name, row in rows.items() if "jbang" not in name and "@" not in name}
    times = {name: [] for name in rows}
    try:
        for _ in range(ROUNDS):
            for name, (prepare, command, environment) in rows.items():
                prepare()
                port = free_port()
                times[name].append(first_answer(command(port), port, environment))
    finally:
        end(origin_process)

    base = statistics.median(times["jwebserver"])
    print(f"{'median of ' + str(ROUNDS):<32} {'ms':>6} {'ratio to jwebserver':>20}")
    for name, row in times.items():
        print(f"{name:<32} {statistics.median(row):6.0f} {statistics.median(row) / base:20.2f}")
