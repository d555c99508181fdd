"""The servers that are compared: how each is started on a tree, with an access log in a file, on the first processor.

A peer's command is made from a Place, which says where it serves. Nothing here measures.
"""
import glob, http.client, os, shutil, signal, socket, ssl, subprocess, sys, time
from dataclasses import dataclass

BENCH = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(BENCH)
PATIENCE = 60
PACKAGES = {"nginx": "nginx-light", "lighttpd": "lighttpd", "caddy": "caddy", "wrk": "wrk", "taskset": "util-linux", "openssl": "openssl",
            "cc": "tcc", "ab": "apache2-utils"}


@dataclass
class Place:
    home: str           # a directory for configurations and logs
    name: str           # of the peer
    tree: str           # what it serves
    port: int
    tls: bool = False   # with home/certificate.pem and home/key.pem
    hosts: int = 1      # h0.example and so on, each with the directory of its number

    @property
    def log(self):
        return os.path.join(self.home, f"{self.name}-{self.port}.log")

    def write(self, suffix, text):
        path = os.path.join(self.home, f"{self.name}-{self.port}.{suffix}")
        with open(path, "w") as file:
            file.write(text)
        return path


def needed(*tools):
    for tool in tools:
        if not shutil.which(tool) and not (tool == "cc" and shutil.which("tcc")):
            sys.exit(f"{tool} is missing; Debian has it in the package {PACKAGES.get(tool, tool)}.")


def pinned(core):
    return ["taskset", "-c", str(core)] if os.cpu_count() > 1 else []


def comanche(place):
    tls = ["--tls-cert", f"{place.home}/certificate.pem", "--tls-key", f"{place.home}/key.pem"] if place.tls else []
    tables = "".join(f'[[host]]\nnames = ["h{n}.example"]\ndocbase = "{place.tree}/{n}"\n' for n in range(place.hosts))
    hosts = ["-c", place.write("toml", tables)] if place.hosts > 1 else []
    return [*bare_java(place.home), "serve", place.tree, "-a", "127.0.0.1", "-p", str(place.port), "-l", place.log,
            "--log-format", "combined", "--timeout", "600", *tls, *hosts]


def nginx(place, cached=False):
    needed("nginx")
    cache = "open_file_cache max=10000; open_file_cache_valid 60s;" if cached else ""
    tls = f"ssl_certificate {place.home}/certificate.pem; ssl_certificate_key {place.home}/key.pem; ssl_protocols TLSv1.3;"
    listen = f"listen 127.0.0.1:{place.port}"
    hosts = "".join(f"server {{ {listen}; server_name h{n}.example; root {place.tree}/{n}; }}\n" for n in range(place.hosts)) if place.hosts > 1 else ""
    return ["nginx", "-e", "stderr", "-c", place.write("conf", f"""{"user root;" if os.getuid() == 0 else ""}
        daemon off; worker_processes 1; worker_rlimit_nofile 20000; pid {place.home}/nginx-{place.port}.pid; error_log stderr;
        events {{ worker_connections 15000; }}
        http {{ include /etc/nginx/mime.types; access_log {place.log} combined; sendfile on; {cache}
        keepalive_requests 1000000000; keepalive_timeout 600; autoindex on;
        client_body_temp_path {place.home}/b; fastcgi_temp_path {place.home}/f; proxy_temp_path {place.home}/p;
        uwsgi_temp_path {place.home}/u; scgi_temp_path {place.home}/s;
        server_names_hash_max_size 8192; server_names_hash_bucket_size 128;
        server {{ {listen}{" ssl" if place.tls else ""} backlog=4096; root {place.tree}; {tls if place.tls else ""} }}
        {hosts} }}""")]


def lighttpd(place):
    needed("lighttpd")
    if place.tls and not glob.glob("/usr/lib*/lighttpd/mod_openssl.so") + glob.glob("/usr/lib/*/lighttpd/mod_openssl.so"):
        sys.exit("lighttpd's part for TLS is missing; Debian has it in the package lighttpd-mod-openssl.")
    tls = f"""ssl.engine = "enable"
        ssl.pemfile = "{place.home}/certificate.pem"
        ssl.privkey = "{place.home}/key.pem"
        """
    return ["lighttpd", "-D", "-f", place.write("conf", f"""server.modules = ("mod_accesslog", "mod_dirlisting"{', "mod_openssl"' if place.tls else ""})
        server.document-root = "{place.tree}"
        server.bind = "127.0.0.1"
        server.port = {place.port}
        server.max-fds = 20000
        server.max-connections = 15000
        server.max-keep-alive-requests = 1000000000
        server.max-keep-alive-idle = 600
        server.listen-backlog = 4096
        accesslog.filename = "{place.log}"
        dir-listing.activate = "enable"
        mimetype.assign = (".txt" => "text/plain", ".bin" => "application/octet-stream")
        {tls if place.tls else ""}""")]


def caddy(place):
    needed("caddy")
    scheme, tls = ("https", f"tls {place.home}/certificate.pem {place.home}/key.pem") if place.tls else ("http", "")
    return ["caddy", "run", "--adapter", "caddyfile", "--config", place.write("Caddyfile", f"""{{
        admin off
        auto_https off
    }}
    {scheme}://127.0.0.1:{place.port} {{
        bind 127.0.0.1
        root * {place.tree}
        {tls}
        log {{
            output file {place.log} {{
                roll_disabled
            }}
        }}
        file_server browse
    }}
    """)]


def python(place):
    return [sys.executable, "-m", "http.server", str(place.port), "-b", "127.0.0.1", "-d", place.tree, "-p", "HTTP/1.1"]


def jwebserver(place):
    return [os.path.join(os.path.dirname(bare_java(place.home)[0]), "jwebserver"), "-b", "127.0.0.1", "-p", str(place.port), "-d", place.tree]


def floor(place):
    """A bare epoll loop that sends the same 1 KiB for everything: what the machine costs without a server."""
    program = os.path.join(place.home, "floor")
    if not os.path.exists(program):
        needed("cc")
        subprocess.run([shutil.which("cc") or "tcc", "-O2", "-o", program, os.path.join(BENCH, "floor.c")], check=True)
    return [program, str(place.port)]


PEERS = {"comanche": comanche, "nginx": nginx, "nginx, cache": lambda place: nginx(place, cached=True), "lighttpd": lighttpd, "caddy": caddy,
         "jwebserver": jwebserver, "python": python, "floor": floor}
COMPILE_AS_THEY_GO = {"comanche", "jwebserver"}
SPEAK_TLS = {"comanche", "nginx", "nginx, cache", "lighttpd", "caddy"}

_java = []


def bare_java(home):
    """The command that jbang ends in, up to its arguments; COMANCHE in the environment stands for it."""
    if not _java:
        _java.extend(os.environ["COMANCHE"].split() if "COMANCHE" in os.environ else command_of_jbang(home))
    return _java


def command_of_jbang(home):
    port = free_port()
    process = subprocess.Popen([os.path.join(ROOT, "jbang"), os.path.join(ROOT, "Comanche.java"), "serve", home, "-q", "-p", str(port)],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    await_port(port, process, "comanche")
    with open(f"/proc/{process.pid}/cmdline", "rb") as file:
        command = file.read().decode().split("\0")[:-1]
    end(process)
    return command[:command.index("serve")]


class Running:
    """A peer that answers; what it costs is read of /proc, of it and of all its children."""

    def __init__(self, home, name, tree, tls=False, hosts=1):
        self.name, self.place = name, Place(home, name.replace(", ", "-"), tree, free_port(), tls, hosts)
        command = PEERS[name](self.place)
        errors = self.place.log if name == "python" else os.path.join(home, "errors-" + self.place.name)
        with open(self.place.log, "ab") as log, open(errors, "ab") as error_log:
            self.process = subprocess.Popen([*pinned(0), *command], stdout=log, stderr=error_log, cwd=home)
        await_port(self.place.port, self.process, name, errors)

    @property
    def origin(self):
        return f"{'https' if self.place.tls else 'http'}://127.0.0.1:{self.place.port}"

    def answer(self, target, method="GET", fields={}):
        """Status, fields and content of one answer."""
        kind = http.client.HTTPSConnection if self.place.tls else http.client.HTTPConnection
        trusting = {"context": ssl._create_unverified_context()} if self.place.tls else {}
        connection = kind("127.0.0.1", self.place.port, timeout=PATIENCE, **trusting)
        connection.request(method, target, headers=fields)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        return response.status, response.headers, content

    def processor_seconds(self):
        ticks = 0
        for pid in family(self.process.pid):
            fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def mebibytes(self, kind="VmRSS"):
        """Resident memory now (VmRSS) or at its highest (VmHWM), of all its processes."""
        lines = [line for pid in family(self.process.pid) for line in open(f"/proc/{pid}/status") if line.startswith(kind + ":")]
        return sum(int(line.split()[1]) for line in lines) / 1024

    def forget_log(self):
        os.truncate(self.place.log, 0)

    def end(self):
        end(self.process)


def family(pid):
    children = open(f"/proc/{pid}/task/{pid}/children").read().split()
    return [pid, *(one for child in children for one in family(int(child)))]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def await_port(port, process, name, errors=os.devnull):
    started = time.time()
    while time.time() - started < PATIENCE and process.poll() is None:
        try:
            return socket.create_connection(("127.0.0.1", port), 5).close()
        except OSError:
            time.sleep(0.02)
    end(process)
    with open(errors) as file:
        sys.exit(f"{name} does not start. {file.read()[-500:]}")


def end(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
