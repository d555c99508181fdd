"""What the servers are asked to do, each work a name: what it needs in the tree, how one round goes, which figures come out of it."""
import dataclasses, math, multiprocessing, os, re, shutil, socket, ssl, subprocess, sys, tempfile, time
from dataclasses import dataclass
import peers
from peers import Running

ALL = tuple(peers.PEERS)
FILE_SERVERS = tuple(name for name in ALL if name != "floor")
WITH_TLS = tuple(name for name in FILE_SERVERS if name in peers.SPEAK_TLS)
MIDDLING = 160 * 1024
WAVES = 5
EVENTFUL = tuple(name for name in ALL if name not in ("python", "jwebserver"))


def write(path, octets):
    with open(path, "wb") as file:
        file.write(os.urandom(1024) * (octets // 1024))


def turns(work, names, home, tree, given):
    """The rounds' figures of each server that can do the work; all of them run, and one at a time is asked."""
    servers = {}
    try:
        for name in names:
            server = servers[name] = Running(home, name, tree, work.tls)
            complaint = work.check(server)
            if complaint:
                print(f"{name} is left out: it {complaint}.", flush=True)
                servers.pop(name).end()
            else:
                warm(work, server, *((given.warm, WAVES) if name in peers.COMPILE_AS_THEY_GO else (1, 1)))
        return in_turns(given.rounds, {name: lambda server=server: work.round(server, given.seconds) for name, server in servers.items()})
    finally:
        for server in servers.values():
            server.end()


def warm(work, server, seconds, waves):
    """As a server is that has run for a while, and has seen clients come and go: what is compiled before any has gone is thrown away when the first
    goes. Half of the time goes to what warms better than the work itself, if there is such a thing."""
    works = [work, *work.warmers()] if waves > 1 else [work]
    for one in works * waves:
        one.round(server, seconds / len(works) / waves)


def in_turns(rounds, measures):
    figures = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            figures[name].append(measure())
    return figures


def wrk(server, target, seconds, connections, words=(), arguments=()):
    text = subprocess.run([*peers.pinned(1), "wrk", "-t1", f"-c{connections}", f"-d{math.ceil(seconds)}", "--latency", *words, server.origin + target,
                           *(["--", *arguments] if arguments else [])], capture_output=True, text=True, check=True).stdout
    lost = sum(int(count) for count in re.findall(r"(?:connect|read|write|timeout) (\d+)", text))
    refused = sum(int(count) for count in re.findall(r"Non-2xx or 3xx responses: (\d+)", text))
    return {"requests": int(re.search(r"(\d+) requests in", text)[1]), "lost": lost, "refused": refused,
            "rate": float(re.search(r"Requests/sec: +([\d.]+)", text)[1]), "p99": milliseconds(re.search(r"99% +(\S+)", text)[1])}


def ab(server, target, seconds, connections, words=()):
    """ApacheBench knows HEAD, and resumes no session; wrk waits for the content of an answer to HEAD, and resumes all it can."""
    percentiles = os.path.join(server.place.home, "ab.csv")
    text = subprocess.run([*peers.pinned(1), "ab", "-q", "-c", str(connections), "-t", str(math.ceil(seconds)), "-n", "100000000", "-e", percentiles, *words,
                           server.origin + target], capture_output=True, text=True, check=True).stdout
    count = lambda name: int((re.search(name + r": +(\d+)", text) or [0, 0])[1])
    with open(percentiles) as file:
        p99 = next(float(line.split(",")[1]) for line in file if line.startswith("99,"))
    return {"requests": count("Complete requests"), "lost": count("Failed requests"), "refused": count("Non-2xx responses"),
            "rate": float(re.search(r"Requests per second: +([\d.]+)", text)[1]), "p99": p99}


def milliseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


@dataclass
class Load:
    """Requests for one target as fast as they are answered."""

    title: str
    octets: int = 1024
    target: str = "/file.bin"
    peers: tuple = FILE_SERVERS
    connections: int = 64
    tls: bool = False
    status: int = 200
    method: str = "GET"
    persists: bool = True
    tool: object = wrk
    fields: object = staticmethod(lambda server: {})
    base: str = "nginx"
    columns = {"requests/s": "{:,.0f}", "us": "{:.1f}", "p99 ms": "{:.2f}", "MiB": "{:.0f}", "peak": "{:.0f}", "wrong": "{:.0f}"}
    ratios = ["requests/s", "us"]
    shown = {"requests/s": "requests a second (more is better)", "us": "µs of processor time a request (less is better)"}
    measure = turns

    def prepare(self, tree):
        write(os.path.join(tree, "file.bin"), self.octets)
        if self.octets > MIDDLING:
            write(os.path.join(tree, "middling.bin"), MIDDLING)

    def warmers(self):
        """What is compiled is what has been done some thousand times, and 10 MiB leave only some sixty times a second."""
        return [dataclasses.replace(self, target="/middling.bin")] if self.octets > MIDDLING else []

    def check(self, server):
        status, _, content = server.answer(self.target, self.method, self.fields(server))
        if status != self.status or self.status == 200 and self.method == "GET" and len(content) < self.octets:
            return f"answers {self.target} with {status} and {len(content)} octets"

    def words(self, server):
        closing = {} if self.persists or self.tool is ab else {"Connection": "close"}
        fields = [word for name, value in {**self.fields(server), **closing}.items() for word in ("-H", f"{name}: {value}")]
        return fields if self.tool is wrk else [*fields, *(["-k"] if self.persists else []), *(["-i"] if self.method == "HEAD" else [])]

    def round(self, server, seconds):
        words = self.words(server)
        before = server.processor_seconds()
        seen = self.tool(server, self.target, seconds, self.connections, words)
        spent = server.processor_seconds() - before
        server.forget_log()
        wrong = seen["lost"] + (seen["refused"] if self.status < 400 else seen["requests"] - seen["refused"])
        return {"requests/s": seen["rate"], "us": spent / max(seen["requests"], 1) * 1e6, "p99 ms": seen["p99"],
                "MiB": server.mebibytes(), "peak": server.mebibytes("VmHWM"), "wrong": wrong}


def validators(server):
    """The fields that ask whether the file has changed since it was fetched."""
    _, fields, _ = server.answer("/file.bin")
    return {"If-None-Match": fields["ETag"]} if fields["ETag"] else {"If-Modified-Since": fields["Last-Modified"]}


class Names(Load):
    """A directory of a thousand files is listed."""

    def prepare(self, tree):
        os.mkdir(os.path.join(tree, "many"))
        for number in range(1000):
            write(os.path.join(tree, "many", f"a file of which the number is {number}.txt"), 1024)

    def check(self, server):
        status, _, content = server.answer(self.target)
        if status != 200 or not all(f"number%20is%20{number}.txt".encode() in content for number in (0, 999)):
            return "does not list the directory"


class Resumptions(Load):
    """A connection for each request, and each but the first resumes a session of TLS."""

    def check(self, server):
        context = ssl._create_unverified_context()
        session = None
        for _ in range(2):
            with context.wrap_socket(socket.create_connection(("127.0.0.1", server.place.port)), session=session) as client:
                client.sendall(b"GET /file.bin HTTP/1.0\r\n\r\n")
                while client.recv(65536):
                    pass
                session, resumed = client.session, client.session_reused
        if not resumed:
            return "resumes no session"


@dataclass
class Start:
    """From the command to the first answer, and what is resident a while after it."""

    title: str = "from the command to the first answer, and at rest"
    peers: tuple = ALL
    base: str = "jwebserver"
    columns = {"ms": "{:.0f}", "MiB": "{:.0f}"}
    ratios = ["ms", "MiB"]
    shown = {"ms": "milliseconds (less is better)", "MiB": "resident memory, MiB (less is better)"}

    def prepare(self, tree):
        write(os.path.join(tree, "file.bin"), 1024)

    def measure(self, names, home, tree, given):
        return in_turns(given.rounds, {name: lambda name=name: self.round(home, name, tree, given.seconds) for name in names})

    def round(self, home, name, tree, seconds):
        peers.PEERS[name](peers.Place(home, "once", tree, 0))  # what is made once is not counted
        started = time.perf_counter()
        server = Running(home, name, tree)
        try:
            server.answer("/file.bin")
            elapsed = time.perf_counter() - started
            time.sleep(seconds)
            return {"ms": elapsed * 1000, "MiB": server.mebibytes()}
        finally:
            server.end()


@dataclass
class Idle:
    """Connections that each had one answer and now stay open."""

    title: str = "10,000 connections, idle after a request each"
    peers: tuple = EVENTFUL
    base: str = "nginx"
    count: int = 10_000
    columns = {"MiB before": "{:.0f}", "MiB": "{:.0f}", "KiB each": "{:.1f}", "wrong": "{:.0f}"}
    ratios = ["MiB"]
    shown = {"MiB before": "resident memory before, MiB", "MiB": "resident memory with them, MiB (less is better)"}

    def prepare(self, tree):
        write(os.path.join(tree, "file.bin"), 1024)

    def measure(self, names, home, tree, given):
        return in_turns(given.rounds, {name: lambda name=name: self.round(home, name, tree, given.seconds) for name in names})

    def round(self, home, name, tree, seconds):
        server = Running(home, name, tree)
        clients = []
        try:
            server.answer("/file.bin")
            time.sleep(seconds)
            before = server.mebibytes()
            for _ in range(self.count):
                clients.append(socket.create_connection(("127.0.0.1", server.place.port), peers.PATIENCE))
                if not asked(clients[-1]):
                    sys.exit(f"{name} does not answer on its connection {len(clients)}.")
            time.sleep(seconds)
            after = server.mebibytes()
            wrong = sum(not asked(client) for client in clients[::50])
            return {"MiB before": before, "MiB": after, "KiB each": (after - before) * 1024 / self.count, "wrong": wrong}
        finally:
            for client in clients:
                client.close()
            server.end()


def asked(client):
    """Is a request on this connection answered with the whole small file?"""
    try:
        client.sendall(b"GET /file.bin HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        answer = client.recv(65536)
        while len(answer.partition(b"\r\n\r\n")[2]) < 1024:
            piece = client.recv(65536)
            if not piece:
                return False
            answer += piece
        return answer.startswith(b"HTTP/1.1 200")
    except OSError:
        return False


@dataclass
class Slow:
    """Many clients take a large file slowly, while others ask for a small one."""

    title: str = "a small file beside 1,000 clients that take 1 Mbit/s each"
    peers: tuple = EVENTFUL[:-1]
    base: str = "nginx"
    clients: int = 1000
    tls: bool = False
    columns = {"p99 ms alone": "{:.2f}", "p99 ms": "{:.2f}", "times": "{:.1f}", "requests/s alone": "{:,.0f}", "requests/s": "{:,.0f}",
               "Mbit/s each": "{:.2f}", "MiB": "{:.0f}", "wrong": "{:.0f}"}
    ratios = ["p99 ms"]
    shown = {"p99 ms alone": "99 % of the small ones within, ms, alone", "p99 ms": "99 % within, ms, beside the slow (less is better)"}
    measure = turns

    def prepare(self, tree):
        write(os.path.join(tree, "file.bin"), 1024)
        write(os.path.join(tree, "large.bin"), 32 << 20)

    def check(self, server):
        """Every peer can do it, if not well."""

    def warmers(self):
        return []

    def round(self, server, seconds):
        alone = wrk(server, "/file.bin", seconds, 8)
        ours, theirs = multiprocessing.Pipe()
        slow = multiprocessing.Process(target=take_slowly, args=(server.place.port, self.clients, theirs))
        slow.start()
        ours.recv()
        beside = wrk(server, "/file.bin", seconds, 8)
        resident = server.mebibytes()
        ours.send("enough")
        rate = ours.recv()
        slow.join()
        server.forget_log()
        return {"p99 ms alone": alone["p99"], "p99 ms": beside["p99"], "times": beside["p99"] / alone["p99"], "requests/s alone": alone["rate"],
                "requests/s": beside["rate"], "Mbit/s each": rate, "MiB": resident,
                "wrong": sum(one[what] for one in (alone, beside) for what in ("lost", "refused"))}


@dataclass
class Growth:
    """What a request costs at random among few, and among many: of directories, of files in each, or of hosts."""

    title: str
    few: tuple
    many: tuple  # directories, files in each, hosts
    peers: tuple = ("comanche", "nginx", "nginx, cache")
    base: str = "nginx"
    columns = {"us of few": "{:.1f}", "us of many": "{:.1f}", "times": "{:.2f}", "p99 ms of few": "{:.2f}", "p99 ms of many": "{:.2f}",
               "MiB": "{:.0f}", "wrong": "{:.0f}"}
    ratios = ["us of many"]
    shown = {"us of few": "µs of processor time a request, of few", "us of many": "µs, of many (less is better)"}

    def prepare(self, tree):
        """The trees are made when they are needed, where there is room."""

    def measure(self, names, home, tree, given):
        with tempfile.TemporaryDirectory(dir=roomy()) as room:
            os.chmod(room, 0o755)
            trees = {extent: grow(os.path.join(room, str(number)), *extent) for number, extent in enumerate((self.few, self.many))}
            servers = {}
            try:
                for name in names:
                    servers[name] = [(Running(home, name, trees[extent], hosts=extent[2]), extent) for extent in (self.few, self.many)]
                    for server, extent in servers[name]:
                        at_random(server, extent, given.warm if name in peers.COMPILE_AS_THEY_GO else 1)
                return in_turns(given.rounds, {name: lambda both=both: self.round(both, given.seconds) for name, both in servers.items()})
            finally:
                for server, _ in (one for both in servers.values() for one in both):
                    server.end()

    def round(self, both, seconds):
        (few, few_p99, few_wrong), (many, many_p99, many_wrong) = (at_random(server, extent, seconds) for server, extent in both)
        return {"us of few": few, "us of many": many, "times": many / few, "p99 ms of few": few_p99, "p99 ms of many": many_p99,
                "MiB": both[1][0].mebibytes(), "wrong": few_wrong + many_wrong}


def roomy():
    """Memory, if it has room for a million small files."""
    return "/dev/shm" if os.path.isdir("/dev/shm") and shutil.disk_usage("/dev/shm").free > 8 << 30 else None


def grow(tree, directories, files, hosts):
    """host/directory/file.txt, each level a number; without the first level if there is one host."""
    for host in range(hosts):
        for directory in range(directories):
            path = os.path.join(tree, *([str(host)] if hosts > 1 else []), str(directory))
            os.makedirs(path)
            where = os.open(path, os.O_RDONLY)
            for number in range(files):
                file = os.open(f"{number}.txt", os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=where)
                os.write(file, b"one of many\n")
                os.close(file)
            os.close(where)
    return tree


AT_RANDOM = """
local directories, files, hosts

function init(words)
    directories, files, hosts = tonumber(words[1]), tonumber(words[2]), tonumber(words[3])
    math.randomseed(os.time())
end

function request()
    local target = ("/%d/%d.txt"):format(math.random(directories) - 1, math.random(files) - 1)
    return wrk.format(nil, target, {Host = ("h%d.example"):format(math.random(hosts) - 1)})
end
"""


def at_random(server, extent, seconds):
    """Microseconds of a request, the 99th percentile in milliseconds, and what went wrong."""
    script = server.place.write("lua", AT_RANDOM)
    before = server.processor_seconds()
    seen = wrk(server, "/", seconds, 64, ["-s", script], [str(number) for number in extent])
    spent = server.processor_seconds() - before
    server.forget_log()
    return spent / max(seen["requests"], 1) * 1e6, seen["p99"], seen["lost"] + seen["refused"]


SIP, SIPS_A_SECOND = 12_500, 10  # 1 Mbit/s


def take_slowly(port, count, control):
    """Clients with small windows, each of which reads its sip when it is its turn; says at the end what one had a second."""
    if os.cpu_count() > 1:
        os.sched_setaffinity(0, {1})
    clients = []
    for _ in range(count):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        client.connect(("127.0.0.1", port))
        client.sendall(b"GET /large.bin HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        client.setblocking(False)
        clients.append(client)
    control.send("ready")
    started, taken, turn = time.perf_counter(), 0, 0
    while not control.poll():
        for client in clients[turn % SIPS_A_SECOND::SIPS_A_SECOND]:
            try:
                taken += len(client.recv(SIP))
            except BlockingIOError:
                pass
        turn += 1
        time.sleep(max(0, started + turn / SIPS_A_SECOND / SIPS_A_SECOND - time.perf_counter()))
    control.send(taken * 8 / 1e6 / count / (time.perf_counter() - started))


WORKS = {
    "1k": Load("1 KiB file, 64 persistent connections", peers=ALL),
    "100k": Load("100 KiB file, 64 persistent connections", 100 * 1024),
    "10m": Load("10 MiB file, 16 persistent connections", 10 << 20, connections=16),
    "304": Load("1 KiB file, not modified", status=304, fields=validators),
    # To a persistent connection of HTTP/1.0, which is all that ab knows, python gives no sign that it persists.
    "head": Load("1 KiB file, HEAD", method="HEAD", tool=ab, peers=tuple(name for name in FILE_SERVERS if name != "python")),
    "404": Load("no such file", target="/no-such-file.bin", status=404),
    "listing": Names("a directory of 1,000 files", target="/many/", connections=16),
    "tls-1k": Load("1 KiB file, TLS 1.3, 64 persistent connections", tls=True, peers=WITH_TLS),
    "tls-10m": Load("10 MiB file, TLS 1.3, 16 persistent connections", 10 << 20, tls=True, connections=16, peers=WITH_TLS),
    "tls-new": Load("1 KiB file, TLS 1.3, a new session each", tls=True, connections=16, persists=False, tool=ab, peers=WITH_TLS),
    "tls-resumed": Resumptions("1 KiB file, TLS 1.3, a resumed session each", tls=True, connections=16, persists=False, peers=WITH_TLS),
    "start": Start(),
    "idle": Idle(),
    "slow": Slow(),
    "tree": Growth("100 files, and a tree of 1,000,000", few=(10, 10, 1), many=(1000, 1000, 1)),
    "directory": Growth("a directory of 100 files, and one of 100,000", few=(1, 100, 1), many=(1, 100_000, 1)),
    "hosts": Growth("one host, and 1,000 of them", few=(1, 1, 1), many=(1, 1, 1000)),
}
