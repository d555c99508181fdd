package tests.torture;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// A server of somebody else's in front of ours, with persistent connections to it. To each request that it passes on it adds who it
/// is (`X-From-Proxy`), and what it takes it for (`X-Id`, `X-Method`, `X-Target`).
final class Proxy implements AutoCloseable {
    static final String SEAL = "sealed-by-the-proxy";

    /// What can stand in front, and how it is configured; `PORT`, `OURS` and `DIR` are filled in.
    enum Kind {
        NGINX("nginx", """
                daemon off; master_process off; pid DIR/nginx.pid; error_log DIR/error.log crit;
                events { worker_connections 512; }
                http {
                    access_log off; client_body_temp_path DIR/1; proxy_temp_path DIR/2; fastcgi_temp_path DIR/3; uwsgi_temp_path DIR/4; scgi_temp_path DIR/5;
                    upstream ours { server 127.0.0.1:OURS max_fails=0; keepalive 8; }
                    server {
                        listen 127.0.0.1:PORT; EXTRA
                        location / {
                            proxy_pass http://ours; proxy_http_version 1.1; proxy_next_upstream off; proxy_set_header Connection ""; proxy_set_header Host $http_host;
                            proxy_set_header X-From-Proxy SEAL; proxy_set_header X-Id $request_id; proxy_set_header X-Method $request_method; proxy_set_header X-Target $request_uri;
                        }
                    }
                }
                """, "-p", "DIR", "-c", "FILE"),
        HAPROXY("haproxy", """
                defaults
                    mode http
                    timeout connect 5s
                    timeout client 10s
                    timeout server 10s
                    option http-keep-alive
                    http-reuse always
                    retries 0
                frontend all
                    bind 127.0.0.1:PORT
                    EXTRA
                    http-request set-header X-From-Proxy SEAL
                    http-request set-header X-Id %[uuid()]
                    http-request set-header X-Method %[method]
                    http-request set-header X-Target %[url]
                    default_backend ours
                backend ours
                    server ours 127.0.0.1:OURS
                """, "-db", "-f", "FILE"),
        CADDY("caddy", """
                {
                    admin off
                    auto_https off
                }
                :PORT {
                    bind 127.0.0.1
                    reverse_proxy 127.0.0.1:OURS {
                        header_up X-From-Proxy SEAL
                        header_up X-Id {http.request.uuid}
                        header_up X-Method {http.request.method}
                        header_up X-Target {http.request.orig_uri}
                    }
                }
                """, "run", "--adapter", "caddyfile", "--config", "FILE");

        private final String program;
        private final String configuration;
        private final List<String> arguments;

        Kind(String program, String configuration, String... arguments) {
            this.program = program;
            this.configuration = configuration;
            this.arguments = List.of(arguments);
        }

        String program() {
            return program;
        }

        /// Where it is; null if it is not installed.
        Path path() {
            for (String directory : (System.getenv("PATH") + ":/usr/sbin:/usr/local/sbin").split(":")) {
                if (Files.isExecutable(Path.of(directory, program))) {
                    return Path.of(directory, program);
                }
            }
            return null;
        }
    }

    private final Process process;
    private final int port;

    private Proxy(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /// Returns when it listens.
    ///
    /// @param extra more lines of its configuration
    /// @param directory an empty one, for all that it writes
    static Proxy start(Kind kind, String extra, int ours, Path directory) throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Path file = Files.writeString(directory.resolve(kind.program + ".conf"), kind.configuration.replace("EXTRA", extra).replace("SEAL", SEAL)
                .replace("PORT", String.valueOf(port)).replace("OURS", String.valueOf(ours)).replace("DIR", directory.toString()));
        List<String> command = new ArrayList<>(List.of(kind.path().toString()));
        kind.arguments.forEach(argument -> command.add(argument.replace("FILE", file.toString()).replace("DIR", directory.toString())));
        Path said = directory.resolve("said");
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile());
        builder.environment().put("HOME", directory.toString());
        builder.environment().keySet().removeIf(name -> name.startsWith("XDG_"));
        Proxy proxy = new Proxy(builder.start(), port);
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30); !proxy.listens(); LockSupport.parkNanos(5_000_000)) {
            if (!proxy.process.isAlive() || System.nanoTime() > end) {
                proxy.close();
                throw new AssertionError(kind + " does not listen: " + Files.readString(said));
            }
        }
        return proxy;
    }

    private boolean listens() {
        try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    int port() {
        return port;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
