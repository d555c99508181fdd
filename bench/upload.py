#!/usr/bin/env python3
"""PUT of a large file: Comanche beside nginx's dav module, in one run, taking turns.

usage: bench/upload.py [ROUNDS [MEBIBYTES]]     (default 5 and 1024; prints a table of medians and ratios)

Rows: Comanche, which answers when the file is safely on disk (fsync); nginx, which answers when it is written to the
page cache; nginx and an fsync of its file behind it, which is the same work as Comanche's. Once in the directory of
temporary files (TMPDIR), and once in memory (/dev/shm), where an fsync costs nothing and only the server is measured.
The peak is that of the resident memory (VmHWM) of the process that serves. Needs nginx on the PATH; loopback only.
Only ratios within one run mean anything: machines differ, and so do minutes.
"""
import os, signal, socket, statistics, subprocess, sys, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 5
OCTETS = (int(sys.argv[2]) if len(sys.argv) > 2 else 1024) << 20
PATIENCE = 120


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def started(command, port):
    """A server that listens."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    begun = time.monotonic()
    while time.monotonic() - begun < PATIENCE and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
            return process
        except OSError:
            time.sleep(0.01)
    end(process)
    sys.exit(f"{command} does not listen")


def end(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def comanche(place):
    port = free_port()
    jbang = [os.path.join(ROOT, "jbang"), os.path.join(ROOT, "Comanche.java")]
    process = started([*jbang, "serve", place, "-q", "--write", "-p", str(port)], port)
    return process, process.pid, port


NGINX = """
daemon off; worker_processes 1; pid {home}/pid; error_log {home}/error.log;
events {{ }}
http {{
    access_log off; client_max_body_size 0; client_body_temp_path {home}/temporary;
    proxy_temp_path {home}/p; fastcgi_temp_path {home}/f; uwsgi_temp_path {home}/u; scgi_temp_path {home}/s;
    server {{ listen 127.0.0.1:{port}; root {place}; location / {{ dav_methods PUT DELETE; }} }}
}}
"""


def nginx(place):
    """Its temporary files lie on the same disk, so that it need not copy them."""
    port, home = free_port(), place + "-nginx"
    os.mkdir(home)
    os.chmod(os.path.dirname(place), 0o755)
    for directory in (place, home):
        os.chmod(directory, 0o777)
    with open(os.path.join(home, "conf"), "w") as file:
        file.write(NGINX.format(home=home, place=place, port=port))
    process = started(["nginx", "-c", os.path.join(home, "conf")], port)
    workers = []
    while not workers:  # it listens before it has one
        with open(f"/proc/{process.pid}/task/{process.pid}/children") as file:
            workers = file.read().split()
    return process, int(workers[0]), port


def peak(pid):
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) // 1024 for line in file if line.startswith("VmHWM"))


def put(port, place, sync):
    """Seconds from the connection to the answer, or until the file is on disk."""
    target = os.path.join(place, "file")
    if os.path.exists(target):
        os.remove(target)
    os.sync()
    begun = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port)) as s, open(source, "rb") as file:
        s.sendall(f"PUT /file HTTP/1.1\r\nHost: localhost\r\nContent-Length: {OCTETS}\r\n\r\n".encode())
        s.sendfile(file)
        status = s.recv(1024).split(b" ")[1]
    if sync:
        with open(target, "rb") as file:
            os.fsync(file.fileno())
    elapsed = time.perf_counter() - begun
    if status != b"201" or os.path.getsize(target) != OCTETS:
        sys.exit(f"status {status}, {os.path.getsize(target)} octets")
    os.remove(target)
    return elapsed


def measure(name, parent):
    with tempfile.TemporaryDirectory(dir=parent) as home:
        servers = []
        try:
            for start, directory in ((comanche, "c"), (nginx, "n")):
                place = os.path.join(home, directory)
                os.mkdir(place)
                servers.append((*start(place), place))
            (ours, our_pid, our_port, our_place), (theirs, their_pid, their_port, their_place) = servers
            rows = {"comanche": (our_port, our_place, False), "nginx": (their_port, their_place, False),
                    "nginx, and an fsync": (their_port, their_place, True)}
            times = {row: [] for row in rows}
            for turn in range(ROUNDS + 1):
                for row, arguments in rows.items():
                    elapsed = put(*arguments)
                    if turn > 0:  # the first is for warming up
                        times[row].append(elapsed)
            base = statistics.median(times["comanche"])
            print(f"{OCTETS >> 20} MiB, {name}, median of {ROUNDS}   seconds   comanche takes   peak MiB")
            for row, seconds in times.items():
                pid = our_pid if row == "comanche" else their_pid
                median = statistics.median(seconds)
                print(f"  {row:<36} {median:8.2f} {base / median:14.2f} x {peak(pid):9}")
        finally:
            for process, *_ in servers:
                end(process)


with tempfile.NamedTemporaryFile(dir="/dev/shm") as file:
    source = file.name
    file.write(os.urandom(1 << 20) * (OCTETS >> 20))
    file.flush()
    measure("disk", None)
    measure("memory", "/dev/shm")
