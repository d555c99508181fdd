package lib.site;

/// What can be told at one glance, without waiting? And what must hold for it to be told again?
///
/// @param basis the rest is the same for the same question, within one second
public record Glance<T>(T seen, Basis basis) {

    /// Something that only the file system knows, and that one look at it tells.
    public interface Basis {
        boolean holds();
    }

    <U> Glance<U> to(U other) {
        return new Glance<>(other, basis);
    }
}
