package io.walnut.wal;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells listeners what has become durable, and that the log is poisoned: in the thread that has just synced, when it holds and
 * leads nothing any more. One thread tells at a time, and so in order; who comes with news meanwhile leaves them to it and
 * goes on. A listener may therefore append, and wait for durability.
 *
 * <p>All methods but {@link #add} are called with the log's mutex, held once; it guards the fields.
 */
final class Listeners {
    private static final Logger LOG = LoggerFactory.getLogger(Listeners.class);

    private final List<DurableListener> listeners = new CopyOnWriteArrayList<>();
    private final PendingAppends pending = new PendingAppends();
    private final ReentrantLock mutex;
    private final Condition changed;
    private @Nullable Thread teller;
    private long toldLsn;
    private boolean poisonTold;

    Listeners(ReentrantLock mutex, Condition changed) {
        this.mutex = mutex;
        this.changed = changed;
    }

    void add(DurableListener listener) {
        listeners.add(listener);
    }

    /** Those that hear of one append each, before the listeners. */
    PendingAppends pending() {
        return pending;
    }

    boolean someoneElseTells() {
        return teller != null && !iTell();
    }

    boolean iTell() {
        return Thread.currentThread().equals(teller);
    }

    /** A change of the segments has set the end anew: nothing at or above it has been told. */
    void durableLsnFell(long durableLsn) {
        pending.beforeCut();
        toldLsn = Math.min(toldLsn, durableLsn);
    }

    /** The durable LSN has been set anew, to what no sync has brought about. */
    void durableLsnJumped(long durableLsn) {
        toldLsn = durableLsn;
    }

    /**
     * Tells all that there is to tell, what comes meanwhile included, until a change of the segments waits, to which the rest is
     * left. The mutex is released while listeners hear.
     */
    void tell(LogState state) {
        if (teller != null) {
            return;
        }
        teller = Thread.currentThread();
        try {
            while (state.quiescing == 0) {
                long lsn = state.durableLsn;
                WalException cause = state.failure;
                if (!pending.isEmpty() && complete(state)) {
                    continue;
                }
                if (lsn > toldLsn) {
                    toldLsn = lsn;
                    each(listener -> listener.onDurable(lsn));
                } else if (cause != null && !poisonTold) {
                    poisonTold = true;
                    each(listener -> listener.onPoisoned(cause));
                } else {
                    return;
                }
            }
        } finally {
            teller = null;
            changed.signalAll();
        }
    }

    /** Whether there was something to complete. */
    private boolean complete(LogState state) {
        WalException cause = state.failure;
        List<PendingAppends.Pending> done = pending.takeDone(state.writtenLsn, state.durableLsn);
        List<PendingAppends.Pending> failed = cause == null ? List.of() : pending.takeAll();
        if (done.isEmpty() && failed.isEmpty()) {
            return false;
        }
        mutex.unlock();
        try {
            done.forEach(PendingAppends.Pending::complete);
            failed.forEach(append -> append.future().completeExceptionally(cause));
        } finally {
            mutex.lock();
        }
        return true;
    }

    private interface News {
        void to(DurableListener listener);
    }

    private void each(News news) {
        if (listeners.isEmpty()) {
            return;
        }
        mutex.unlock();
        try {
            for (DurableListener listener : listeners) {
                try {
                    news.to(listener);
                } catch (RuntimeException | Error e) {
                    LOG.error("a listener failed; the log goes on", e);
                }
            }
        } finally {
            mutex.lock();
        }
    }
}
