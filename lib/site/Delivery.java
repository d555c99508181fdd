package lib.site;

import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import lib.http.EntityTag;
import lib.http.Fields;
import lib.http.Status;
import lib.http.Target;
import lib.site.Intake.Clash;
import lib.site.Placement.Spot;

/// Where does a draft go when it is whole, and under which conditions?
///
/// They are looked at twice: before the content is read, so that nobody sends in vain, and again when it has its place
/// taken, in one breath with that.
///
/// @param segments where the file is to stand
/// @param folders are directories on the way made?
/// @param conditions the precondition fields of the request, and what it claims of the whole (Repr-Digest)
record Delivery(List<String> segments, Clash clash, boolean folders, Fields conditions) {

    sealed interface Result {}

    /// It stands there now.
    ///
    /// @param replaced did another stand there before?
    record Delivered(List<String> segments, boolean replaced, EntityTag tag) implements Result {

        /// Its target in origin-form.
        String target() {
            return "/" + String.join("/", segments.stream().map(Target::encode).toList());
        }
    }

    /// It does not, for this reason.
    record Declined(Status status) implements Result {}

    /// Between the look at what is there and the change nobody else of us may change it.
    private static final ReentrantLock PLACING = new ReentrantLock();

    /// So many files of one name are numbered; then it is enough.
    private static final int NUMBERS = 999;

    Delivery {
        segments = List.copyOf(segments);
    }

    /// Runs what looks and then changes.
    static <T> T exclusively(Change<T> change) throws IOException {
        PLACING.lock();
        try {
            return change.run();
        } finally {
            PLACING.unlock();
        }
    }

    @FunctionalInterface
    interface Change<T> {
        T run() throws IOException;
    }

    /// What speaks against it as things are now?
    Optional<Status> objection(Docroot docroot, Instant now) throws IOException {
        return switch (docroot.place(segments, false)) {
            case Placement.Refused(Status status) ->
                    folders && status == Status.CONFLICT ? Optional.empty() : Optional.of(status);
            case Spot spot -> {
                try (spot) {
                    Optional<BasicFileAttributes> occupant = spot.occupant();
                    boolean evaded = clash == Clash.RENAME && !occupant.map(BasicFileAttributes::isRegularFile).orElse(true);
                    yield evaded ? Optional.empty() : objection(occupant, conditions, clash, now);
                }
            }
        };
    }

    /// What speaks against a change where such an occupant is? A link is never written through, and never replaced.
    static Optional<Status> objection(Optional<BasicFileAttributes> occupant, Fields conditions, Clash clash, Instant now) {
        if (occupant.isEmpty()) {
            return Preconditions.evaluateAbsent(conditions) == Preconditions.Outcome.PROCEED ? Optional.empty()
                    : Optional.of(Status.PRECONDITION_FAILED);
        }
        BasicFileAttributes file = occupant.get();
        if (!file.isRegularFile()) {
            return Optional.of(file.isDirectory() ? Status.CONFLICT : Status.FORBIDDEN);
        }
        Instant modified = file.lastModifiedTime().toInstant();
        EntityTag tag = EntityTag.of(file.size(), modified, "");
        if (Preconditions.evaluate(conditions, false, tag, Optional.of(modified), now) != Preconditions.Outcome.PROCEED) {
            return Optional.of(Status.PRECONDITION_FAILED);
        }
        return clash == Clash.REFUSE ? Optional.of(Status.CONFLICT) : Optional.empty();
    }

    /// Brings a whole draft to its place.
    ///
    /// @throws IOException if the system refuses
    Result deliver(Docroot docroot, Draft draft, Instant now) throws IOException {
        draft.secure();
        return switch (docroot.place(segments, folders)) {
            case Placement.Refused(Status status) -> new Declined(status);
            case Spot spot -> {
                try (spot) {
                    Result result = exclusively(() -> publish(docroot, spot, draft, now));
                    if (result instanceof Delivered) {
                        spot.directory().secure();
                    }
                    yield result;
                }
            }
        };
    }

    private Result publish(Docroot docroot, Spot wanted, Draft draft, Instant now) throws IOException {
        Optional<Spot> free = clash == Clash.RENAME ? free(docroot, wanted) : Optional.of(wanted);
        if (free.isEmpty()) {
            return new Declined(Status.CONFLICT);
        }
        Spot spot = free.get();
        Optional<BasicFileAttributes> occupant = spot.occupant();
        Optional<Status> objection = objection(occupant, conditions, clash, now);
        if (objection.isPresent()) {
            return new Declined(objection.get());
        }
        List<String> place = new ArrayList<>(segments);
        place.set(place.size() - 1, FileNames.octets(spot.name()));
        return new Delivered(place, occupant.isPresent(), draft.publish(spot));
    }

    /// The first of `name.txt`, `name (1).txt`, `name (2).txt` that is free.
    private Optional<Spot> free(Docroot docroot, Spot wanted) throws IOException {
        String name = segments.getLast();
        int dot = name.lastIndexOf('.') > 0 ? name.lastIndexOf('.') : name.length();
        Optional<Spot> spot = Optional.of(wanted);
        for (int i = 1; spot.isPresent() && spot.get().occupant().isPresent(); i++) {
            Optional<Path> numbered = docroot.name(name.substring(0, dot) + " (" + i + ")" + name.substring(dot));
            spot = i > NUMBERS ? Optional.empty() : numbered.map(wanted::beside);
        }
        return spot;
    }
}
