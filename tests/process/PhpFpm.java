package tests.process;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// A php-fpm of our own, at a socket in a room of its own, with nothing set but what stands here.
final class PhpFpm implements AutoCloseable {
    private final Path room;
    private final Path socket;
    private final int workers;
    private final List<String> directives;
    private Processes.Running running;

    /// Aborts the test where there is no php-fpm.
    ///
    /// @param room a directory for its files
    /// @param directives such as `extension=pdo_sqlite`
    PhpFpm(Path room, int workers, String... directives) throws IOException {
        this.room = room;
        this.socket = room.resolve("php.sock");
        this.workers = workers;
        this.directives = List.of(directives);
        start();
    }

    private static Optional<Path> program() throws IOException {
        try (Stream<Path> programs = Files.list(Path.of("/usr/sbin"))) {
            return programs.filter(path -> path.getFileName().toString().startsWith("php-fpm") && Files.isExecutable(path)).findFirst();
        }
    }

    /// As a workers' pool that root starts has to name a user, it names who we are.
    void start() throws IOException {
        Optional<Path> program = program();
        assumeTrue(program.isPresent(), "php-fpm is not installed");
        Path configuration = Files.writeString(room.resolve("fpm.conf"), """
                [global]
                error_log = %1$s/fpm.log
                daemonize = no
                [www]
                listen = %1$s/php.sock
                user = %2$s
                pm = static
                pm.max_children = %3$d
                catch_workers_output = yes
                """.formatted(room, System.getProperty("user.name"), workers));
        Files.deleteIfExists(socket);
        List<String> command = new ArrayList<>(List.of(program.get().toString(), "-F", "-R", "-n", "-y", configuration.toString(),
                "-d", "session.save_path=" + room, "-d", "display_errors=0", "-d", "log_errors=1"));
        directives.forEach(directive -> command.addAll(List.of("-d", directive)));
        running = Processes.start(room, ComancheProcess.environment(Map.of()), command);
        awaitListener(socket);
    }

    /// Waits until somebody takes connections at this socket.
    static void awaitListener(Path socket) {
        ComancheProcess.await("nobody listens at " + socket, () -> {
            try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                return channel.connect(UnixDomainSocketAddress.of(socket));
            } catch (IOException _) {
                return false;
            }
        });
    }

    /// How the settings name it.
    String address() {
        return "unix:" + socket;
    }

    /// At once, whatever its workers do. They go with their master, and whoever is asked then is not there.
    void kill() {
        running.terminate();
        running.outcome();
    }

    @Override
    public void close() {
        kill();
    }
}
