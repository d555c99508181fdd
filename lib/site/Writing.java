package lib.site;

/// What may a client change?
public enum Writing {
    /// Nothing.
    NONE,
    /// It may add files, and never replaces or deletes one.
    UPLOAD,
    /// It may add, replace and delete.
    WRITE
}
