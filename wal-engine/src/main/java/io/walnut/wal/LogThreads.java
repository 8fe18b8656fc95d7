package io.walnut.wal;

import io.walnut.wal.io.DurableWrites;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log's own thread, which writes what was only enqueued, tries again what a full disk refused, and rolls by age; and the
 * timer of the interval policy. {@link #syncLoop} and {@link #syncByTimer} are called without the mutex.
 */
final class LogThreads {
    private static final Logger LOG = LoggerFactory.getLogger(LogThreads.class);
    private static final long LINGER_NANOS = 1_000_000;
    private static final long RETRY_NANOS = 500_000_000;
    private static final long AGE_CHECK_NANOS = 1_000_000_000;

    private final LogState state;
    private final SegmentFiles files;
    private final GroupWriter writer;
    private final StructuralChanges changes;
    private boolean wroteJustNow;

    LogThreads(LogState state, SegmentFiles files, GroupWriter writer, StructuralChanges changes) {
        this.state = state;
        this.files = files;
        this.writer = writer;
        this.changes = changes;
    }

    void syncLoop() {
        try (DurableWrites writes = state.storage.durableWrites(state.options.writesInFlight())) {
            loop(new WritePipeline(state, writer, writes));
        } catch (WalException e) {
            LOG.debug("the log's own thread ends: {}", e.getMessage());
        } catch (IOException e) {
            LOG.warn("the log's own thread in {}: {}", state.storage.describe(), e.getMessage());
        } finally {
            state.mutex.lock();
            try {
                state.ownThreadRuns = false;
                state.changed.signalAll();
                if (state.failure != null && state.writers == 0) {
                    state.tell(); // who poisoned the log left it to this thread, while it wrote
                }
            } finally {
                state.mutex.unlock();
            }
        }
    }

    private void loop(WritePipeline pipeline) throws WalException {
        boolean sync = state.options.durability() instanceof Durability.Sync;
        state.mutex.lock();
        try {
            while (!state.closed && state.failure == null) {
                if (!(sync ? pipeline.step() : writeInTurn())) {
                    otherWork();
                }
            }
        } catch (RuntimeException | Error e) {
            throw writer.defect(e);
        } finally {
            state.mutex.unlock();
        }
    }

    /** Where not every write is synced. Whether there was something to write. */
    private boolean writeInTurn() throws WalException {
        if (writer.mayWrite(false)) {
            if (linger()) {
                writer.writeDue();
                wroteJustNow = true;
            }
        } else if (writer.wantsSync() && writer.mayWrite(true)) {
            writer.write(true);
        } else if (wroteJustNow) {
            wroteJustNow = false;
            awaitWork(LINGER_NANOS); // more comes, usually, and needs no signal then
        } else {
            return false;
        }
        return true;
    }

    private void otherWork() throws WalException {
        if (state.sealingBehind || state.prepareFailure != null) {
            retryLater();
        } else if (writer.ages()) {
            rollIfOld();
        } else {
            sleep(Long.MAX_VALUE);
        }
    }

    /** Where nobody waits and the policy wants no haste, more of what gathers makes fewer writes. False when it was written meanwhile. */
    private boolean linger() {
        long nanos = LINGER_NANOS;
        while (nanos > 0 && writer.mayLinger() && writer.mayWrite(false) && !state.closed) {
            nanos = awaitWork(nanos);
        }
        return writer.mayWrite(false);
    }

    /** Until it is woken, or the time is over; the nanoseconds that are left. */
    private long sleep(long nanos) {
        state.ownThreadSleeps = true;
        try {
            return awaitWork(nanos);
        } finally {
            state.ownThreadSleeps = false;
        }
    }

    @SuppressWarnings("WaitNotInLoop") // the callers loop
    private long awaitWork(long nanos) {
        try {
            return state.work.awaitNanos(nanos);
        } catch (InterruptedException e) {
            LOG.debug("nobody interrupts the log's own thread", e);
            return nanos;
        }
    }

    /** What a full disk has kept the background from doing; space may be back. */
    private void retryLater() {
        if (sleep(RETRY_NANOS) > 0 || state.closed || state.failure != null || state.tasks > 0) {
            return;
        }
        if (state.sealingBehind) {
            files.sealFullInBackground();
        }
        files.prepareAhead();
    }

    void syncByTimer() {
        state.mutex.lock();
        try {
            if (!state.closed && state.failure == null && state.durableLsn < state.endLsn) {
                writer.awaitLocked(state.endLsn - 1, true);
            }
        } catch (WalException e) {
            LOG.debug("a sync by time failed: {}", e.getMessage());
        } finally {
            state.mutex.unlock();
        }
    }

    /** Waits for the active segment to get old, and rolls it; returns early when there is other work. */
    private void rollIfOld() throws WalException {
        long nanos = writer.nanosToLive();
        if (nanos > 0) {
            sleep(Math.min(nanos, AGE_CHECK_NANOS));
            return;
        }
        state.mutex.unlock();
        try {
            changes.exclusively("a roll by age", () -> {
                if (writer.ages() && writer.nanosToLive() <= 0) {
                    changes.sealAndList();
                }
            });
        } catch (WalException e) {
            LOG.warn("a roll by age: {}", e.getMessage());
        } finally {
            state.mutex.lock();
        }
        if (writer.ages() && writer.nanosToLive() <= 0) {
            state.sealingBehind = true; // it is tried again, and not at once
        }
    }
}
