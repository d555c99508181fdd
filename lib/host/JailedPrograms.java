package lib.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import lib.gateway.CgiProgram;
import lib.site.PathPattern;

/// Can the programs of the settings run below a new root? They, and what has to load them, must lie there: the loader that a
/// binary names (`PT_INTERP` of its ELF head), or the interpreter of a script's first line. A static binary needs nothing.
public final class JailedPrograms {
    /// A script may name a script, a link a link; longer chains no system follows, either.
    private static final int MOST_STEPS = 32;

    private static final int PT_INTERP = 3;

    /// As it is seen now.
    private final Path root;

    private JailedPrograms(Path root) {
        this.root = root;
    }

    /// How the machine starts programs: by default with the help of another one, which lies outside.
    private static final String MECHANISM = "jdk.lang.Process.launchMechanism";

    /// Has programs started without that help, which is slower. The machine looks once, when somebody first asks for a variable
    /// of the environment: so this comes first of all, before a setting can be read.
    public static void prepare() {
        System.setProperty(MECHANISM, "FORK");
    }

    /// @throws Fault if one of the programs can't run
    public static void check(Settings settings, Path root) throws Fault {
        if (!System.getProperty(MECHANISM, "").equals("FORK")) {
            throw new Fault(Fault.UNSUPPORTED, "Programs can run inside a new root only if Java hears of it first: say --chroot " + root
                    + " on the command line, too.");
        }
        JailedPrograms jail = new JailedPrograms(root);
        jail.check(settings.site());
        for (Settings.HostSettings host : settings.hosts()) {
            jail.check(host.site());
        }
    }

    private void check(Settings.SiteSettings site) throws Fault {
        for (ProgramSettings settings : site.programs()) {
            switch (settings) {
                case ProgramSettings.Cgi(PathPattern pattern, CgiProgram program) -> {
                    for (Path path : programs(site, pattern, program)) {
                        check(path);
                    }
                }
                case ProgramSettings.FastCgi _ -> { }
            }
        }
    }

    /// The commands of the settings, or the files that could be run now.
    private List<Path> programs(Settings.SiteSettings site, PathPattern pattern, CgiProgram program) throws Fault {
        List<String> command = program.isFile() ? program.interpreter() : program.program();
        try {
            return command.isEmpty() ? files(site, pattern) : List.of(Path.of(text(command.getFirst())));
        } catch (IOException e) {
            throw new Fault(Fault.CANNOT_START, "The programs in '" + site.outside() + "' can't be looked through: " + e.getMessage() + ".");
        }
    }

    private static String text(String octets) {
        return new String(octets.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    private static List<Path> files(Settings.SiteSettings site, PathPattern pattern) throws IOException {
        List<Path> files = new ArrayList<>();
        Files.walkFileTree(site.outside(), new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                List<String> segments = new ArrayList<>();
                site.outside().relativize(file).forEach(name -> segments.add(octets(name.toString())));
                if (attributes.isRegularFile() && Files.isExecutable(file) && pattern.meets(segments)) {
                    files.add(site.docbase().resolve(site.outside().relativize(file)));
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
                return FileVisitResult.CONTINUE; // closed to us, and so to the server
            }
        });
        return files;
    }

    private static String octets(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    private void check(Path program) throws Fault {
        Path needed = program;
        for (int i = 0; i < MOST_STEPS; i++) {
            Optional<Path> file = inside(needed);
            if (file.isEmpty() || !Files.isExecutable(file.get())) {
                throw new Fault(Fault.UNSUPPORTED, "The program " + program + " can't run inside the new root"
                        + (needed.equals(program) ? "" : ", for " + needed + " is not there")
                        + "; put a static one there, or use no --chroot.");
            }
            Optional<Path> loader = loader(file.get());
            if (loader.isEmpty()) {
                return;
            }
            needed = loader.get();
        }
    }

    /// Where a path of the new root lies, seen from here: a link there leads to what it names there. Empty if that is nothing.
    private Optional<Path> inside(Path path) {
        Deque<Path> names = new ArrayDeque<>();
        path.forEach(names::add);
        Path reached = root;
        for (int links = 0; !names.isEmpty(); ) {
            Path name = names.pop();
            Path next = name.toString().equals("..") ? reached.equals(root) ? root : reached.getParent() : reached.resolve(name);
            if (!Files.isSymbolicLink(next)) {
                reached = next;
            } else if (links++ < MOST_STEPS) {
                Path target = target(next);
                reached = target.isAbsolute() ? root : reached;
                for (int i = target.getNameCount() - 1; i >= 0; i--) {
                    names.push(target.getName(i));
                }
            } else {
                return Optional.empty();
            }
        }
        return Files.isRegularFile(reached, LinkOption.NOFOLLOW_LINKS) ? Optional.of(reached) : Optional.empty();
    }

    private static Path target(Path link) {
        try {
            return Files.readSymbolicLink(link);
        } catch (IOException _) {
            return Path.of(""); // gone meanwhile
        }
    }

    /// What has to load this program; empty for a binary that needs nobody, and for what can't be read.
    private static Optional<Path> loader(Path program) {
        try (FileChannel file = FileChannel.open(program)) {
            ByteBuffer head = read(file, 0, 512);
            boolean script = head.limit() > 2 && head.get(0) == '#' && head.get(1) == '!';
            boolean elf = head.limit() > 64 && head.getInt(0) == 0x7F454C46;
            return script ? Optional.of(ofScript(head)) : elf ? ofElf(file, head) : Optional.of(Path.of("/bin/sh"));
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    private static Path ofScript(ByteBuffer head) {
        String line = StandardCharsets.UTF_8.decode(head.slice(2, head.limit() - 2)).toString().lines().findFirst().orElse("").strip();
        return Path.of(line.split("[ \t]")[0]);
    }

    /// Elf64_Ehdr and Elf64_Phdr of `elf.h`, or those with 32 bits.
    private static Optional<Path> ofElf(FileChannel file, ByteBuffer head) throws IOException {
        boolean wide = head.get(4) == 2;
        head.order(head.get(5) == 1 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        long offset = wide ? head.getLong(32) : head.getInt(28);
        int size = head.getShort(wide ? 54 : 42);
        int count = head.getShort(wide ? 56 : 44);
        ByteBuffer entries = read(file, offset, size * count).order(head.order());
        for (int at = 0; at + size <= entries.limit() && size > 0; at += size) {
            if (entries.getInt(at) == PT_INTERP) {
                long first = wide ? entries.getLong(at + 8) : entries.getInt(at + 4);
                long length = wide ? entries.getLong(at + 32) : entries.getInt(at + 16);
                ByteBuffer name = read(file, first, (int) Math.min(length, 4096));
                return Optional.of(Path.of(StandardCharsets.UTF_8.decode(name).toString().replaceAll("\0.*", "")));
            }
        }
        return Optional.empty();
    }

    private static ByteBuffer read(FileChannel file, long offset, int count) throws IOException {
        ByteBuffer octets = ByteBuffer.allocate(count);
        for (int read = 0; read >= 0 && octets.hasRemaining(); ) {
            read = file.read(octets, offset + octets.position());
        }
        return octets.flip();
    }
}
