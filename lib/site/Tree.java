package lib.site;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import lib.site.Resource.Entry;

/// Where do the documents of a site come from?
///
/// From a directory, or from a zip. Either way only what may be seen is there at all, and names are octets, one char each.
public interface Tree {

    /// What these decoded segments name. A document is open when it is returned.
    Resource resolve(List<String> segments);

    /// The same as far as it can be told without waiting: a document that is ready in memory, or that nothing is there; else null.
    default Glance<Resource> atOnce(List<String> segments) {
        return null;
    }

    /// Is it worth while to resolve these segments? A cheap hint, for what is rarely there: it opens nothing and decides
    /// nothing.
    boolean mayHold(List<String> segments);

    /// The name of the one file that is served, if that is all.
    Optional<String> onlyName();

    /// Is a directory that [#resolve] has found still there, and may it be read?
    boolean isReadable(Resource.Directory directory);

    /// Does the date of a document tell it from what it was before? If not, only its octets do.
    default boolean isDated() {
        return true;
    }

    /// Goes once through what can be seen of a directory, in the order in which the tree has it.
    ///
    /// @param taker says whether it wants more
    /// @throws IOException if it is there no more, or must not be read
    void entries(Resource.Directory directory, Predicate<Entry> taker) throws IOException;

    /// Shows everything that is served of a directory and below it.
    ///
    /// @param names of the directory itself, for the guest
    /// @param wanted of what is in it: by its names, asked before anybody looks
    /// @throws IOException if the tree can't be read, or the guest throws it
    void show(Resource.Directory directory, List<String> names, Predicate<List<String>> wanted, Tour.Guest guest)
            throws IOException;
}
