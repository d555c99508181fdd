package lib.site;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.concurrent.Semaphore;
import lib.http.Query;
import lib.site.Resource.Entry;

/// What is in a directory, and in which order?
///
/// Directories first, then as the query wishes: `?sort=size&order=desc`. A small directory is held whole, once for all who ask for it
/// at the same time. A directory of any size is gone through in constant memory: no more than [#MOST_HELD] of its entries are held at
/// once, and where there are more, the directory is read again, and each time the next ones in order are picked out. To ask for size
/// and date is what takes the time, so there should be few such rounds; but a client that reads slowly keeps what is held, so there
/// must be few such clients.
final class Listing {
    /// Some 10 MB of the heap.
    private static final int MOST_HELD = 50_000;

    /// A listing that holds more than this takes a seat, and waits for one if all are taken.
    private static final int SMALL = 1000;
    private static final Semaphore SEATS = new Semaphore(8);

    /// What several want to know at the same time.
    private record Question(Tree tree, Resource.Directory directory, Order order) {}

    private static final Together<Question, Optional<Small>> TOGETHER = new Together<>();

    enum Column {
        NAME, SIZE, DATE;

        /// Its name in a query.
        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// An entry, and what its name is compared by.
    private record Row(Entry entry, String key) {
        static Row of(Entry entry) {
            return new Row(entry, NaturalOrder.key(FileNames.text(entry.name())));
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
        private int compare(Row a, Row b) {
            if (a.entry.directory() != b.entry.directory()) {
                return a.entry.directory() ? -1 : 1;
            }
            int names = byName(a, b);
            int wish = switch (column) {
                case NAME -> names;
                case SIZE -> Long.compare(a.entry.length(), b.entry.length());
                case DATE -> a.entry.modified().compareTo(b.entry.modified());
            };
            return wish == 0 ? names : descending ? -wish : wish;
        }

        private static int byName(Row a, Row b) {
            int keys = a.key.compareTo(b.key);
            return keys != 0 ? keys : a.entry.name().compareTo(b.entry.name());
        }
    }

    /// How many of each there were, and the length of all files together.
    record Totals(long directories, long files, long octets) {
        private static final Totals NONE = new Totals(0, 0, 0);

        private Totals plus(Entry entry) {
            return entry.directory() ? new Totals(directories + 1, files, octets) : new Totals(directories, files + 1, octets + entry.length());
        }
    }

    /// Who gets the rows.
    @FunctionalInterface
    interface Taker {
        void take(Entry entry) throws IOException;
    }

    /// Who hears that it will take longer than a moment.
    @FunctionalInterface
    interface Meanwhile {
        void pass() throws IOException;
    }

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
    /// @param meanwhile hears of a large directory before anything is handed out. Of a small one that can't be read nothing is sent: that
    ///        is an answer, too
    /// @throws IOException if the directory goes away meanwhile, or `taker` has had enough
    Totals each(Meanwhile meanwhile, Taker taker) throws IOException {
        Optional<Small> small = TOGETHER.ask(new Question(tree, directory, order), this::small);
        if (small.isEmpty()) {
            meanwhile.pass();
            return inRounds(taker);
        }
        for (Entry entry : small.get().entries) {
            taker.take(entry);
        }
        return small.get().totals;
    }

    /// All entries of a directory, in order.
    private record Small(List<Entry> entries, Totals totals) {}

    /// Empty if there are too many.
    private Optional<Small> small() throws IOException {
        List<Row> rows = new ArrayList<>();
        tree.entries(directory, entry -> rows.add(Row.of(entry)) && rows.size() <= SMALL);
        if (rows.size() > SMALL) {
            return Optional.empty();
        }
        rows.sort(order::compare);
        List<Entry> entries = new ArrayList<>(rows.size());
        Totals totals = Totals.NONE;
        for (Row row : rows) {
            entries.add(row.entry);
            totals = totals.plus(row.entry);
        }
        return Optional.of(new Small(entries, totals));
    }

    private Totals inRounds(Taker taker) throws IOException {
        Optional<Row> last = Optional.empty();
        while (true) {
            try (Round round = new Round(order, last)) {
                tree.entries(directory, round::offer);
                last = round.handOut(taker);
                if (!round.leftSome) {
                    return round.totals;
                }
            }
        }
    }

    /// Once through the directory: counts everything, and holds the first entries behind the last of the round before. It has a seat.
    private static final class Round implements AutoCloseable {
        private final Order order;
        private final Optional<Row> last;

        /// The one that is last in order stands at the front, to be the first to go.
        private final PriorityQueue<Row> held;

        /// Are there entries behind those that are held?
        private boolean leftSome;
        private Totals totals = Totals.NONE;

        /// @param last what the round before has ended with
        Round(Order order, Optional<Row> last) {
            this.order = order;
            this.last = last;
            this.held = new PriorityQueue<>((a, b) -> order.compare(b, a));
            SEATS.acquireUninterruptibly();
        }

        /// There is room for more.
        boolean offer(Entry entry) {
            totals = totals.plus(entry);
            Row row = Row.of(entry);
            if (last.isPresent() && order.compare(row, last.get()) <= 0) {
                return true;
            }

            if (held.size() < MOST_HELD) {
                return held.add(row);
            }
            leftSome = true;
            if (order.compare(row, held.peek()) < 0) {
                held.poll();
                held.add(row);
            }
            return true;
        }

        @Override
        public void close() {
            SEATS.release();
        }

        /// In order; returns the last one.
        Optional<Row> handOut(Taker taker) throws IOException {
            Row[] rows = held.toArray(Row[]::new);
            held.clear();
            Arrays.sort(rows, order::compare);
            for (Row row : rows) {
                taker.take(row.entry);
            }
            return rows.length == 0 ? Optional.empty() : Optional.of(rows[rows.length - 1]);
        }
    }
}
