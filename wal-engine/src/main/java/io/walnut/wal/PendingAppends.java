package io.walnut.wal;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Appends of which somebody is to hear when they are written or durable, in the order of their LSNs. Guarded by the log's mutex. */
final class PendingAppends {
    private final Deque<Pending> untilWritten = new ArrayDeque<>();
    private final Deque<Pending> untilDurable = new ArrayDeque<>();
    private final List<Pending> wereDurable = new ArrayList<>(); // and are cut away since

    /** One of them; completed without the mutex. */
    record Pending(long lsn, long endLsn, CompletableFuture<Long> future) {
        void complete() {
            future.complete(lsn);
        }
    }

    CompletableFuture<Long> add(long lsn, long endLsn, boolean durably) {
        var future = new CompletableFuture<Long>();
        (durably ? untilDurable : untilWritten).add(new Pending(lsn, endLsn, future));
        return future;
    }

    /** Whether somebody waits for a sync. */
    boolean wantSync(long durableLsn) {
        Pending last = untilDurable.peekLast();
        return last != null && last.endLsn > durableLsn;
    }

    boolean isEmpty() {
        return untilWritten.isEmpty() && untilDurable.isEmpty() && wereDurable.isEmpty();
    }

    /** The log is about to be cut: all that is pending has become durable before. */
    void beforeCut() {
        wereDurable.addAll(takeAll());
    }

    /** Takes out whose time has come. */
    List<Pending> takeDone(long writtenLsn, long durableLsn) {
        var done = new ArrayList<>(wereDurable);
        wereDurable.clear();
        take(untilWritten, writtenLsn, done);
        take(untilDurable, durableLsn, done);
        return done;
    }

    private static void take(Deque<Pending> from, long below, List<Pending> done) {
        for (Pending first = from.peekFirst(); first != null && first.endLsn <= below; first = from.peekFirst()) {
            done.add(from.removeFirst());
        }
    }

    /** Takes out all, to be failed. */
    List<Pending> takeAll() {
        var all = new ArrayList<>(untilWritten);
        all.addAll(untilDurable);
        untilWritten.clear();
        untilDurable.clear();
        return all;
    }
}
