package lib.gateway;

/// How is a whole group of processes told something? (kill(2) with a negative number)
@FunctionalInterface
public interface GroupSignal {
    /// @param signal 15 asks them to end, 9 ends them, 0 only asks whether there is anybody
    /// @return whether there was
    boolean send(long group, int signal);
}
