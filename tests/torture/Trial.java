package tests.torture;

/// What any octets are put to. It throws if they break something: a promise that is checked, or the code itself.
@FunctionalInterface
interface Trial {
    void feed(byte[] octets) throws Exception;

    /// @param claim what must be so
    static void hold(boolean claim, String otherwise) {
        if (!claim) {
            throw new AssertionError(otherwise);
        }
    }
}
