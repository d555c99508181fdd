package lib.site;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import lib.site.Resource.Document;
import lib.site.Resource.Entry;

/// In which order is everything shown that is in a directory and below it?
///
/// First its documents, then what is in its directories, both in the order of their names' octets, some thousand names
/// at a time. A tree that does not change is shown the same way each time. One directory is open at a time, however deep the
/// tree is, and no more names are held than said.
///
/// A link to a document is that document. A link to a directory is passed over: where it leads to has its own place, and
/// links can lead in circles.
final class Tour {

    /// Who is shown the tree. Names are octets, those of the directories on the way before that of the thing itself.
    interface Guest {
        /// A directory, before what is in it.
        void directory(List<String> names, Instant modified) throws IOException;

        void document(Sight sight) throws IOException;
    }

    /// A document as it is seen from outside.
    ///
    /// @param length in octets
    /// @param checksum what else tells it from what it was; 0 where nothing does
    /// @param opener opens it; only while it is shown
    record Sight(List<String> names, long length, Instant modified, long checksum, Opener opener) {
        Sight {
            names = List.copyOf(names);
        }
    }

    /// Opens what was seen from outside.
    @FunctionalInterface
    interface Opener {
        /// The document; who calls closes its file.
        ///
        /// @throws IOException if it can't be opened, or has another length or date by now
        Document open() throws IOException;
    }

    /// Who knows the tree, and what of it is for strangers.
    interface Guide {
        OpenDirectory open(Path directory) throws IOException;

        Instant modified(OpenDirectory directory) throws IOException;

        /// What is to be seen at this name; empty if nothing is.
        Optional<Entry> entry(OpenDirectory directory, Path name) throws IOException;

        /// The document of an entry.
        ///
        /// @throws IOException if it can't be opened, or is another by now
        Document open(OpenDirectory directory, Path name, Entry entry) throws IOException;
    }

    /// A directory with more names is read several times. Many tours may be under way at once.
    private static final int NAMES_HELD = 10_000;

    private final Guide guide;
    private final Predicate<List<String>> wanted;
    private final Guest guest;

    /// @param wanted asked for the names of everything, before anybody looks at it
    Tour(Guide guide, Predicate<List<String>> wanted, Guest guest) {
        this.guide = guide;
        this.wanted = wanted;
        this.guest = guest;
    }

    /// A directory that is still to be shown.
    ///
    /// @param after up to this name, that has been done; empty if nothing has
    private record Stop(List<String> names, Path path, String after) {
        List<String> with(String name) {
            List<String> more = new ArrayList<>(names);
            more.add(name);
            return more;
        }
    }

    /// @param names of the directory itself, for the guest
    /// @throws IOException if the tree can't be read, or the guest throws it
    void from(List<String> names, Path directory) throws IOException {
        Deque<Stop> ahead = new ArrayDeque<>(List.of(new Stop(names, directory, "")));
        while (!ahead.isEmpty()) {
            show(ahead.pop()).reversed().forEach(ahead::push);
        }
    }

    /// Returns what is to be shown next: directories in this one, then the rest of it. One that is gone, or that the system
    /// does not let us read, is passed over.
    private List<Stop> show(Stop stop) throws IOException {
        OpenDirectory directory;
        try {
            directory = guide.open(stop.path);
        } catch (AccessDeniedException | NoSuchFileException | NotDirectoryException | OpenDirectory.LinkOnTheWay _) {
            return List.of();
        }
        try (directory) {
            if (stop.after.isEmpty()) {
                guest.directory(stop.names, guide.modified(directory));
            }
            List<Stop> next = new ArrayList<>();
            NavigableMap<String, Path> some = namesAfter(stop.after, directory);
            for (Map.Entry<String, Path> name : some.entrySet()) {
                List<String> names = stop.with(name.getKey());
                if (wanted.test(names)) {
                    show(directory, names, name.getValue()).ifPresent(next::add);
                }
            }
            if (some.size() == NAMES_HELD) {
                next.add(new Stop(stop.names, stop.path, some.lastKey()));
            }
            return next;
        }
    }

    private static NavigableMap<String, Path> namesAfter(String after, OpenDirectory directory) throws IOException {
        NavigableMap<String, Path> names = new TreeMap<>();
        try {
            for (Path path : directory.stream()) {
                String name = FileNames.octets(path);
                if (name.compareTo(after) > 0 && (names.size() < NAMES_HELD || name.compareTo(names.lastKey()) < 0)) {
                    names.put(name, path.getFileName());
                }
                if (names.size() > NAMES_HELD) {
                    names.pollLastEntry();
                }
            }
            return names;
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    /// Shows one document; or returns the directory of this name. Only what would be served counts.
    private Optional<Stop> show(OpenDirectory directory, List<String> names, Path name) throws IOException {
        Optional<Entry> entry = guide.entry(directory, name);
        if (entry.isEmpty()) {
            return Optional.empty();
        }
        if (entry.get().directory()) {
            return isLink(directory, name) ? Optional.empty()
                    : Optional.of(new Stop(names, directory.path().resolve(name), ""));
        }
        if (Files.isReadable(directory.path().resolve(name))) {
            guest.document(new Sight(names, entry.get().length(), entry.get().modified(), 0,
                    () -> guide.open(directory, name, entry.get())));
        }
        return Optional.empty();
    }

    private static boolean isLink(OpenDirectory directory, Path name) throws IOException {
        try {
            return directory.attributes(name).isSymbolicLink();
        } catch (NoSuchFileException _) {
            return true; // gone, and as good as a link: nothing to go into
        }
    }
}
