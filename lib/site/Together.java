package lib.site;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/// How do many who ask the same at the same time share one answer, and none gets one that is older than its question?
///
/// They gather until the first of them begins to look for the answer. Who comes later has missed that, and is the first to gather
/// others for the next one:
///
///     A asks ── B asks ── A looks ──────────── A and B know
///                             └─ C asks ── D asks ── C looks ──────────── C and D know
///
/// So the more there is to do, the more do it together.
///
/// @param <Q> the question
/// @param <A> the answer
final class Together<Q, A> {
    private final ConcurrentHashMap<Q, FutureTask<A>> gatherings = new ConcurrentHashMap<>();

    /// The answer to a question, found after it was asked.
    ///
    /// @param looking finds it, at once and in this thread, if we are the first
    /// @throws IOException as `looking` has thrown it, to us or to the first
    A ask(Q question, Callable<A> looking) throws IOException {
        FutureTask<A> ours = new FutureTask<>(looking);
        FutureTask<A> others = gatherings.putIfAbsent(question, ours);
        if (others != null) {
            return result(others);
        }
        try {
            Thread.yield(); // who is there already, and waits for a processor, comes along
        } finally {
            gatherings.remove(question);
            ours.run();
        }
        return result(ours);
    }

    private A result(FutureTask<A> task) throws IOException {
        try {
            return task.get();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException failure -> throw failure;
                case RuntimeException defect -> throw defect;
                case Error error -> throw error;
                case Throwable other -> throw new IllegalStateException(other);
            }
        }
    }
}
