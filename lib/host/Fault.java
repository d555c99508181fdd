package lib.host;

/// Why does Comanche not start? One sentence that says what to do, and a code for scripts.
public final class Fault extends Exception {
    private static final long serialVersionUID = 1;

    /// The machine does not allow it: a port in use, a directory that is not there.
    public static final int CANNOT_START = 1;

    /// The command line or a setting is wrong.
    public static final int USAGE = 2;

    /// The server ran, but was not asked, or did not answer, as `--expect` and `--fail-on` say.
    public static final int UNEXPECTED = 3;

    /// This system lacks what was asked for (EX_CONFIG of `sysexits.h`).
    public static final int UNSUPPORTED = 78;

    private final int exitCode;

    public Fault(int exitCode, String sentence) {
        super(sentence);
        this.exitCode = exitCode;
    }

    public int exitCode() {
        return exitCode;
    }
}
