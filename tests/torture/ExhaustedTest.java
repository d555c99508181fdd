package tests.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tests.process.ComancheProcess;
import tests.process.Processes;
import tests.process.RawClient;

/// When the system has no more of something, the server refuses what needs it, says so once, and goes on by itself as soon as there is
/// some again.
class ExhaustedTest {
    private static final String GET = "GET /deep/small.txt HTTP/1.1\r\nHost: a\r\n\r\n";

    @TempDir
    static Path room;

    private static Path site;

    @BeforeAll
    static void build() throws IOException {
        Files.setPosixFilePermissions(room, PosixFilePermissions.fromString("rwxr-xr-x"));
        site = Files.createDirectory(room.resolve("site"));
        Files.createDirectory(site.resolve("deep"));
        Files.writeString(site.resolve("deep/small.txt"), "hello");
        Files.writeString(site.resolve("hello.cgi"), "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nhello'\n");
        Files.setPosixFilePermissions(site.resolve("hello.cgi"), PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /// A limit of the heap may come first.
    private static ComancheProcess serve(String... options) {
        boolean machine = options[0].startsWith("-X");
        List<String> command = ComancheProcess.command(Stream.concat(Stream.of("serve", site.toString(), "-p", "0"),
                Stream.of(options).skip(machine ? 1 : 0)).toArray(String[]::new));
        if (machine) {
            command = ComancheProcess.within(options[0].substring("-Xmx".length()), command);
        }
        return ComancheProcess.start(Map.of(), Torture.packed(command, room.resolve("comanche.jar")));
    }

    private static String run(String... command) {
        Processes.Outcome outcome = Processes.run(Path.of("/"), ComancheProcess.environment(Map.of()), List.of(command));
        assertEquals("", outcome.err());
        return outcome.out();
    }

    /// Sets a limit of the running process, the hard one staying as it is.
    private static void limit(ComancheProcess server, String name, String value) {
        run("prlimit", "--pid", Long.toString(server.pid()), "--" + name + "=" + value + ":");
    }

    /// How many processes and threads that user may have; nobody but he himself may say so everywhere.
    private static void ofUser(ComancheProcess server, String most) {
        run("setpriv", "--reuid=54321", "--regid=54321", "--clear-groups", "prlimit", "--pid", Long.toString(server.pid()), "--nproc=" + most + ":");
    }

    private static int status(RawClient client, String request) {
        return client.send(request).read().status();
    }

    @Test
    void withoutDescriptorsWhatIsThereIsUnavailableAndNotMissing() {
        try (ComancheProcess server = serve("-q", "--write", "--cache=0"); RawClient client = server.connect()) {
            assertEquals(200, status(client, GET));
            assertEquals(404, status(client, "GET /missing HTTP/1.1\r\nHost: a\r\n\r\n"));
            LockSupport.parkNanos(1_000_000_000L); // a moment behind the start it reads what it takes to write a line of the log
            limit(server, "nofile", "10"); // fewer than it has
            RawClient.Answer answer = client.send(GET).read();
            assertEquals(503, answer.status());
            assertTrue(answer.field("Retry-After").isPresent());
            assertEquals(503, status(client, "GET /deep/ HTTP/1.1\r\nHost: a\r\n\r\n"));
            assertEquals(503, status(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
            assertEquals(503, status(client, "GET /?zip HTTP/1.1\r\nHost: a\r\n\r\n"));
            assertEquals(503, status(client, "PUT /new HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"));
            assertEquals(503, status(client, "DELETE /missing HTTP/1.1\r\nHost: a\r\n\r\n"));
            try (RawClient waiting = server.connect()) {
                waiting.send(GET);
                server.awaitErr("Clients can't be let in (Too many open files); ");
                limit(server, "nofile", "1000");
                assertEquals("hello", waiting.read().text());
            }
            assertEquals(200, status(client, GET));
            assertEquals(201, status(client, "PUT /new HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"));
            assertEquals(204, status(client, "DELETE /new HTTP/1.1\r\nHost: a\r\n\r\n"));
            List<String> said = server.stop().errLines();
            assertTrue(said.size() <= 2, () -> "once, and how often more, but not " + said);
        }
    }

    @Test
    void withoutDescriptorsIdleConnectionsGiveWay() {
        try (ComancheProcess server = serve("-q"); Crowd crowd = new Crowd(server.address())) {
            assertEquals("hello", server.get("/deep/small.txt").text());
            limit(server, "nofile", Long.toString(Vitals.of(server.pid()).descriptors() + 40));
            crowd.come(100, GET);
            ComancheProcess.await("nobody is served", () -> server.get("/deep/small.txt").status() == 200);
            assertTrue(crowd.ended() > 0);
        }
    }

    /// Those who look after all connections begin a moment behind the start, and find no thread.
    @Test
    void withoutThreadsFromTheFirstTheSlowAreCutOffAndOthersServed() {
        assumeTrue("root".equals(System.getProperty("user.name")), "root has no limit of threads, and nobody else may become another");
        try (ComancheProcess server = serve("-q", "--head-timeout=1s", "--user", "54321:54321")) {
            ofUser(server, "1");
            try (RawClient slow = server.connect()) {
                assertEquals(408, status(slow, "GET / HT"));
            }
            assertEquals("hello", server.get("/deep/small.txt").text());
        }
    }

    @Test
    void withoutThreadsProgramsAreUnavailableAndFilesAreNot() {
        assumeTrue("root".equals(System.getProperty("user.name")), "root has no limit of threads, and nobody else may become another");
        try (ComancheProcess server = serve("-q", "--cgi", "*.cgi", "--user", "54321:54321"); RawClient client = server.connect()) {
            assertEquals("hello", server.get("/hello.cgi").text());
            ofUser(server, "1");
            assertEquals(503, status(client, "GET /hello.cgi HTTP/1.1\r\nHost: a\r\n\r\n"));
            assertEquals(503, status(client, "GET /hello.cgi HTTP/1.1\r\nHost: a\r\n\r\n"));
            for (int i = 0; i < 20; i++) {
                assertEquals("hello", server.get("/deep/small.txt").text());
            }
            ofUser(server, "1000");
            assertEquals("hello", server.get("/hello.cgi").text());
            List<String> said = server.stop().errLines();
            assertTrue(said.size() <= 2, () -> "once, and how often more, but not " + said);
        }
    }

    @Test
    void withoutHeapClientsAreCutOffAndOthersServed() {
        try (ComancheProcess server = serve("-Xmx20m", "-q", "--max-fields=1m", "--head-timeout=3s")) {
            assertEquals("hello", server.get("/deep/small.txt").text());
            for (int round = 0; round < Torture.rounds(1, 20); round++) {
                try (Crowd crowd = new Crowd(server.address())) {
                    crowd.come(50, "GET / HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(900_000));
                    ComancheProcess.await("nobody is let in", () -> answers(server));
                }
            }
            assertEquals("hello", server.get("/deep/small.txt").text());
            server.stop().errLines().forEach(line -> assertTrue(line.contains("OutOfMemoryError"), line));
        }
    }

    /// A disk of a mebibyte, for documents and the log. What does not fit is refused, lines are lost and counted, answers go out.
    @Test
    void withoutRoomOnDiskNothingIsTakenAndEverythingGoesOn() throws IOException {
        assumeTrue("root".equals(System.getProperty("user.name")), "nobody else may mount");
        Path disk = Files.createDirectory(room.resolve("disk"));
        assumeTrue(Processes.run(disk, ComancheProcess.environment(Map.of()), List.of("mount", "-t", "tmpfs", "-o", "size=1m", "none", disk.toString()))
                .code() == 0, "nothing may be mounted here");
        try (ComancheProcess server = ComancheProcess.serve(disk, "--write", "--min-free=1", "-l", disk.resolve("access.log").toString())) {
            assertEquals(201, server.exchange(put("small", 100)).status());
            assertEquals(507, server.exchange(put("large", 2 << 20)).status());
            Path ballast = disk.resolve("ballast");
            fill(ballast);
            assertEquals(507, server.exchange(put("more", 5000)).status());
            ComancheProcess.await("it is not told", () -> {
                assertEquals(100, server.get("/small").content().length);
                return server.printed().contains("The access log can't be written (No space left on device); its lines are lost until it can.");
            });
            Files.delete(ballast);
            assertEquals(201, server.exchange(put("more", 5000)).status());
            server.awaitErr("The access log is written again; lines lost: ");
            assertEquals(2, server.stop().errLines().size(), "when it begins, and when it is over");
            try (Stream<Path> left = Files.list(disk)) {
                assertEquals(List.of("access.log", "more", "small"), left.map(path -> path.getFileName().toString()).sorted().toList());
            }
            assertTrue(Files.readAllLines(disk.resolve("access.log")).stream().allMatch(line -> line.matches("127.0.0.1 - - \\[.*\\] \".*\" \\d+ (\\d+|-)")));
        } finally {
            run("umount", "-l", disk.toString());
        }
    }

    private static String put(String name, int octets) {
        return "PUT /" + name + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: " + octets + "\r\n\r\n" + "x".repeat(octets);
    }

    private static void fill(Path ballast) {
        try (OutputStream out = Files.newOutputStream(ballast)) {
            while (true) {
                out.write(new byte[512]);
            }
        } catch (IOException _) {
            // now it is full
        }
    }

    private static boolean answers(ComancheProcess server) {
        try {
            return server.get("/deep/small.txt").status() == 200;
        } catch (java.io.UncheckedIOException _) {
            return false;
        }
    }
}
