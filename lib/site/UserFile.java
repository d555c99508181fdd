package lib.site;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/// Which users does a file name now? It is read again when it has changed; if it is not good any more, those that it named
/// before go on, and the operator hears of it once.
final class UserFile {

    /// By what a change is seen.
    private record Stamp(FileTime modified, long length, Object key) {
        static Optional<Stamp> of(Path path) {
            try {
                BasicFileAttributes now = Files.readAttributes(path, BasicFileAttributes.class);
                return Optional.of(new Stamp(now.lastModifiedTime(), now.size(), Objects.requireNonNullElse(now.fileKey(), "")));
            } catch (IOException _) {
                return Optional.empty();
            }
        }
    }

    private final Path path;
    private final Users others;
    private final Consumer<String> operator;
    private Users users;
    private Optional<Stamp> stamp = Optional.of(new Stamp(FileTime.fromMillis(0), -1, "")); // no file's

    /// @param first the users that it named when the settings were read
    /// @param others users beside those of the file
    /// @param operator hears sentences
    UserFile(Path path, Users first, Users others, Consumer<String> operator) {
        this.path = path;
        this.others = others;
        this.operator = operator;
        this.users = first.with(others);
    }

    /// The users as the file names them now, and the others; the same object for as long as nothing changes.
    synchronized Users users() {
        Optional<Stamp> now = Stamp.of(path);
        if (!now.equals(stamp)) {
            stamp = now;
            reread();
        }
        return users;
    }

    private void reread() {
        try {
            Users.Parsed parsed = Users.parse(Files.readString(path, StandardCharsets.ISO_8859_1));
            if (parsed.complaints().isEmpty()) {
                users = parsed.users().with(others);
            } else {
                operator.accept(path + ":" + parsed.complaints().getFirst() + " The users that it named before go on.");
            }
        } catch (IOException _) {
            operator.accept("The file of users '" + path + "' can't be read any more; those that it named before go on.");
        }
    }
}
