package tests.torture;

/// How long is it tortured? A short while in the suite; as long as it takes to be believed with `COMANCHE_TORTURE=long`.
final class Torture {
    private static final boolean LONG = "long".equals(System.getenv("COMANCHE_TORTURE"));

    private Torture() {}

    /// So many times: `few` in the suite, `many` in the long form.
    static int rounds(int few, int many) {
        return LONG ? many : few;
    }
}
