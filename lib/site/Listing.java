package lib.site;

import java.io.IOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.concurrent.Semaphore;
import lib.http.Query;
import lib.site.Resource.Entry;

/// What is in a directory, and in which order?
///
/// Directories first, then as the query wishes: `?sort=size&order=desc`. A directory of any size is gone through in constant
/// memory: no more than [#MOST_HELD] of its entries are held at once, and where there are more, the directory is read again,
/// and each time the next ones in order are picked out. To ask for size and date is what takes the time, so there should be
/// few such rounds; but a client that reads slowly keeps what is held, so there must be few such clients.
final class Listing {
    /// Some 6 MB of the heap.
    private static final int MOST_HELD = 50_000;

    /// A listing that holds more than this takes a seat, and waits for one if all are taken.
    private static final int SMALL = 1000;
    private static final Semaphore SEATS = new Semaphore(8);

    enum Column {
        NAME, SIZE, DATE;

        /// Its name in a query.
        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// What the rows are sorted by. Names decide between equals, and they are never equal.
    record Order(Column column, boolean descending) {

        /// The order that a query wishes; where it says nothing that we know, by name, from A to Z.
        static Order of(Query query) {
            String sort = query.first("sort").orElse("");
            for (Column column : Column.values()) {
                if (column.word().equals(sort)) {
                    return new Order(column, query.first("order").orElse("").equals("desc"));
                }
            }
            return new Order(Column.NAME, query.first("order").orElse("").equals("desc"));
        }

        /// Directories have no size, and are sorted by name among themselves when sizes count.
        Comparator<Entry> comparator() {
            Comparator<Entry> wish = switch (column) {
                case NAME -> BY_NAME;
                case SIZE -> Comparator.comparingLong(Entry::length);
                case DATE -> Comparator.comparing(Entry::modified);
            };
            return DIRECTORIES_FIRST.thenComparing(descending ? wish.reversed() : wish).thenComparing(BY_NAME);
        }
    }

    /// How many of each there were, and the length of all files together.
    record Totals(long directories, long files, long octets) {}

    /// Who gets the rows.
    @FunctionalInterface
    interface Taker {
        void take(Entry entry) throws IOException;
    }

    private static final Comparator<Entry> DIRECTORIES_FIRST = Comparator.comparing((Entry entry) -> !entry.directory());
    private static final Comparator<Entry> BY_NAME = Comparator.comparing((Entry entry) -> FileNames.text(entry.name()),
            Listing::compareNaturally).thenComparing(Entry::name);

    private final Tree tree;
    private final Resource.Directory directory;
    private final Order order;

    Listing(Tree tree, Resource.Directory directory, Order order) {
        this.tree = tree;
        this.directory = directory;
        this.order = order;
    }

    Order order() {
        return order;
    }

    /// Hands out every entry in order.
    ///
    /// @throws IOException if the directory goes away meanwhile, or `taker` has had enough
    Totals each(Taker taker) throws IOException {
        Optional<Entry> last = Optional.empty();
        while (true) {
            try (Pass pass = new Pass(order.comparator(), last)) {
                tree.entries(directory, pass::offer);
                last = pass.handOut(taker);
                if (!pass.leftSome) {
                    return pass.totals();
                }
            }
        }
    }

    /// Once through the directory: counts everything, and holds the first entries behind the last of the pass before.
    private static final class Pass implements AutoCloseable {
        private final Comparator<Entry> comparator;
        private final Optional<Entry> last;

        /// The one that is last in order stands at the front, to be the first to go.
        private final PriorityQueue<Entry> held;
        private boolean seated;

        /// Are there entries behind those that are held?
        private boolean leftSome;
        private long directories;
        private long files;
        private long octets;

        /// @param last what the pass before has ended with
        Pass(Comparator<Entry> comparator, Optional<Entry> last) {
            this.comparator = comparator;
            this.last = last;
            this.held = new PriorityQueue<>(comparator.reversed());
        }

        void offer(Entry entry) {
            directories += entry.directory() ? 1 : 0;
            files += entry.directory() ? 0 : 1;
            octets += entry.length();
            if (last.isPresent() && comparator.compare(entry, last.get()) <= 0) {
                return;
            }

            if (held.size() < MOST_HELD) {
                sit();
                held.add(entry);
                return;
            }
            leftSome = true;
            if (comparator.compare(entry, held.peek()) < 0) {
                held.poll();
                held.add(entry);
            }
        }

        private void sit() {
            if (!seated && held.size() >= SMALL) {
                SEATS.acquireUninterruptibly();
                seated = true;
            }
        }

        @Override
        public void close() {
            if (seated) {
                seated = false;
                SEATS.release();
            }
        }

        Totals totals() {
            return new Totals(directories, files, octets);
        }

        /// In order; returns the last one.
        Optional<Entry> handOut(Taker taker) throws IOException {
            Entry[] entries = held.toArray(Entry[]::new);
            held.clear();
            Arrays.sort(entries, comparator);
            for (Entry entry : entries) {
                taker.take(entry);
            }
            return entries.length == 0 ? Optional.empty() : Optional.of(entries[entries.length - 1]);
        }
    }

    /// Without regard to case, and numbers by their value: `file2` before `file10`.
    static int compareNaturally(String a, String b) {
        int i = 0;
        int j = 0;
        while (i < a.length() && j < b.length()) {
            if (isDigit(a.charAt(i)) && isDigit(b.charAt(j))) {
                int endA = numberEnd(a, i);
                int endB = numberEnd(b, j);
                int difference = compareNumbers(a.substring(i, endA), b.substring(j, endB));
                if (difference != 0) {
                    return difference;
                }
                i = endA;
                j = endB;
            } else {
                int difference = Character.compare(folded(a.charAt(i++)), folded(b.charAt(j++)));
                if (difference != 0) {
                    return difference;
                }
            }
        }
        return Integer.compare(a.length() - i, b.length() - j);
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static int numberEnd(String text, int first) {
        int end = first;
        while (end < text.length() && isDigit(text.charAt(end))) {
            end++;
        }
        return end;
    }

    /// Of any length; without its zeros in front, the longer one is the larger.
    private static int compareNumbers(String a, String b) {
        String left = withoutZeros(a);
        String right = withoutZeros(b);
        return left.length() != right.length() ? Integer.compare(left.length(), right.length()) : left.compareTo(right);
    }

    private static String withoutZeros(String digits) {
        int first = 0;
        while (first < digits.length() - 1 && digits.charAt(first) == '0') {
            first++;
        }
        return digits.substring(first);
    }

    private static char folded(char c) {
        return Character.toLowerCase(Character.toUpperCase(c));
    }
}
