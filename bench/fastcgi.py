#!/usr/bin/env python3
"""Requests a second of a tiny page of php-fpm: Comanche beside its peers, in one run, taking turns.

usage: bench/fastcgi.py [ROUNDS [SECONDS [CLIENTS]]]      (default 5 rounds of 4 s, 4 clients; prints medians and ratios)

Rows: Comanche as the bare java command that jbang ends in; nginx with kept connections (keepalive); nginx as it is without
that; lighttpd. Each has a pool of its own with the same settings, since a worker that one server keeps serves no other. With
two processors or more the server has the first for itself, and php-fpm and wrk share the others. With more
clients than workers, nginx's kept connections leave some clients without any worker at all; Comanche lets them take turns. "us" is the server's own processor
time for one request, which says more than the rate where php-fpm is what sets the pace.
Needs php-fpm, wrk, and what of nginx and lighttpd is to be compared. Only ratios within one run mean anything.
"""
import glob, os, shutil, signal, socket, statistics, subprocess, sys, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WORKERS = 4
ROUNDS, SECONDS, CLIENTS = ([int(word) for word in sys.argv[1:]] + [5, 4, WORKERS][len(sys.argv) - 1:])[:3]
PATIENCE = 60
FPM = (sorted(glob.glob("/usr/sbin/php-fpm*")) or [shutil.which("php-fpm")])[-1]
PARAMS = ["QUERY_STRING $query_string", "REQUEST_METHOD $request_method", "CONTENT_TYPE $content_type",
          "CONTENT_LENGTH $content_length", "SCRIPT_NAME $fastcgi_script_name", "REQUEST_URI $request_uri",
          "DOCUMENT_ROOT $document_root", "SERVER_PROTOCOL $server_protocol", "GATEWAY_INTERFACE CGI/1.1",
          "SERVER_SOFTWARE nginx", "REMOTE_ADDR $remote_addr", "SERVER_PORT $server_port", "SERVER_NAME $server_name",
          "REDIRECT_STATUS 200", "SCRIPT_FILENAME $document_root$fastcgi_script_name"]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def pinned(cores):
    return ["taskset", "-c", cores] if shutil.which("taskset") and os.cpu_count() > 1 else []


SERVER, OTHERS = pinned("0"), pinned(f"1-{os.cpu_count() - 1}")


def start(command, where):
    return subprocess.Popen([*where, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=home)


def write(name, text):
    with open(os.path.join(home, name), "w") as file:
        file.write(text)
    return os.path.join(home, name)


def pool(name):
    """A php-fpm of its own; the path of its socket."""
    listening = os.path.join(home, name + ".sock")
    who = "user = nobody\n" if os.getuid() == 0 else ""
    configuration = write(name + ".fpm", f"[global]\nerror_log = {home}/{name}.log\ndaemonize = no\n[www]\nlisten = {listening}\n{who}"
                          f"listen.mode = 0666\nlisten.backlog = 511\npm = static\npm.max_children = {WORKERS}\n")
    processes.append(start([FPM, "-F", "-n", "-y", configuration], OTHERS))
    while not os.path.exists(listening):
        time.sleep(0.01)
    return listening


def nginx(port, listening, kept):
    way = f"upstream php {{ server unix:{listening}; keepalive {WORKERS}; }}" if kept else ""
    params = "".join(f"fastcgi_param {param};\n" for param in PARAMS) + ("fastcgi_keep_conn on;\n" if kept else "")
    root = "user root;\n" if os.getuid() == 0 else ""
    return ["nginx", "-e", "stderr", "-c", write(f"nginx-{port}.conf", f"""{root}daemon off; worker_processes 1; pid {home}/nginx-{port}.pid; error_log stderr;
        events {{ worker_connections 1024; }}
        http {{ access_log off; keepalive_requests 100000000; {way}
        client_body_temp_path {home}/b; fastcgi_temp_path {home}/f; proxy_temp_path {home}/p; uwsgi_temp_path {home}/u; scgi_temp_path {home}/s;
        server {{ listen 127.0.0.1:{port}; root {tree};
        location ~ \\.php$ {{ {params} fastcgi_pass {"php" if kept else "unix:" + listening}; }} }} }}""")]


def lighttpd(port, listening):
    return ["lighttpd", "-D", "-f", write("lighttpd.conf", f"""server.modules = ("mod_fastcgi")
        server.document-root = "{tree}"
        server.bind = "127.0.0.1"
        server.port = {port}
        server.max-keep-alive-requests = 100000000
        fastcgi.server = (".php" => (("socket" => "{listening}")))
        """)]


def comanche(port, listening):
    configuration = write("comanche.toml", f'[[fastcgi]]\npath = "*.php"\naddress = "unix:{listening}"\nconnections = {WORKERS}\n')
    return [*java, "serve", tree, "-q", "-p", str(port), "-c", configuration]


def await_answer(port, name):
    started = time.time()
    answer = b"no answer"
    while time.time() - started < PATIENCE:
        try:
            with socket.create_connection(("127.0.0.1", port), 5) as s:
                s.sendall(b"GET /tiny.php HTTP/1.0\r\n\r\n")
                answer = s.recv(4096)
                if answer.startswith((b"HTTP/1.0 200", b"HTTP/1.1 200")):
                    return
        except OSError:
            pass
        time.sleep(0.02)
    sys.exit(f"{name}: {answer.decode()}")


def family(pid):
    children = open(f"/proc/{pid}/task/{pid}/children").read().split()
    return [pid, *(one for child in children for one in family(int(child)))]


def processor_seconds(pid):
    ticks = 0
    for one in family(pid):
        fields = open(f"/proc/{one}/stat").read().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def measured(port, process, seconds):
    before = processor_seconds(process.pid)
    text = subprocess.run([*OTHERS, "wrk", "-t1", f"-c{CLIENTS}", f"-d{seconds}", f"http://127.0.0.1:{port}/tiny.php"],
                          stdout=subprocess.PIPE, text=True, check=True).stdout
    spent = processor_seconds(process.pid) - before
    if "Non-2xx" in text:
        sys.exit(text)
    rate = float(text.split("Requests/sec:")[1].split()[0])
    requests = int(text.split(" requests in")[0].split()[-1])
    return rate, spent / requests * 1e6


def bare_java():
    """The command that jbang ends in."""
    port = free_port()
    process = start([os.path.join(ROOT, "jbang"), os.path.join(ROOT, "Comanche.java"), "serve", tree, "-p", str(port)], [])
    processes.append(process)
    await_answer_of_file(port)
    with open(f"/proc/{process.pid}/cmdline", "rb") as file:
        command = file.read().decode().split("\0")[:-1]
    end(process)
    return command[:command.index("serve")]


def await_answer_of_file(port):
    started = time.time()
    while time.time() - started < PATIENCE:
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit("Comanche does not start")


def end(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


processes = []
with tempfile.TemporaryDirectory() as home:
    os.chmod(home, 0o755)
    tree = os.path.join(home, "tree")
    os.mkdir(tree)
    write("tree/tiny.php", "Hello <?= 'world' ?>\n")
    try:
        java = os.environ["COMANCHE"].split() if "COMANCHE" in os.environ else bare_java()
        commands = {"comanche": comanche}
        if shutil.which("nginx"):
            commands["nginx, keepalive"] = lambda p, l: nginx(p, l, True)
            commands["nginx"] = lambda p, l: nginx(p, l, False)
        if shutil.which("lighttpd"):
            commands["lighttpd"] = lighttpd
        rows = {}
        for name, command in commands.items():
            port = free_port()
            process = start(command(port, pool(name.replace(", ", "-"))), SERVER)
            processes.append(process)
            await_answer(port, name)
            measured(port, process, 2 if name != "comanche" else 25)  # warm: a Java machine compiles what it has seen often
            rows[name] = (port, process, [])
        for _ in range(ROUNDS):
            for port, process, figures in rows.values():
                figures.append(measured(port, process, SECONDS))
    finally:
        for process in reversed(processes):
            end(process)

    base = statistics.median(rate for rate, _ in rows["nginx, keepalive"][2]) if "nginx, keepalive" in rows else None
    print(f"{'median of ' + str(ROUNDS):<20} {'requests/s':>10} {'ratio to nginx, keepalive':>26} {'us':>6}")
    for name, (_, _, figures) in rows.items():
        rate, cost = (statistics.median(column) for column in zip(*figures))
        print(f"{name:<20} {rate:10.0f} {rate / base if base else float('nan'):26.2f} {cost:6.0f}")
