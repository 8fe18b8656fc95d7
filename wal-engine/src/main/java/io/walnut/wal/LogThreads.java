package io.walnut.wal;

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

    LogThreads(LogState state, SegmentFiles files, GroupWriter writer, StructuralChanges changes) {
        this.state = state;
        this.files = files;
        this.writer = writer;
        this.changes = changes;
    }

    void syncLoop() {
        state.mutex.lock();
        try {
            while (!state.closed && state.failure == null) {
                if (writer.mayWrite(false) && !writer.mayLinger()) {
                    writer.writeDue();
                } else if (writer.mayWrite(false)) {
                    linger();
                } else if (state.sealingBehind || state.prepareFailure != null) {
                    retryAfter(RETRY_NANOS);
                } else if (writer.ages()) {
                    rollIfOld();
                } else {
                    state.work.awaitUninterruptibly();
                }
            }
        } catch (WalException e) {
            LOG.debug("the sync thread ends: {}", e.getMessage());
        } finally {
            state.mutex.unlock();
        }
    }

    /** Nobody waits for what has gathered, and the policy wants no haste: more of it makes fewer writes. */
    @SuppressWarnings("WaitNotInLoop") // the caller loops
    private void linger() throws WalException {
        try {
            if (state.work.awaitNanos(LINGER_NANOS) <= 0 && writer.mayWrite(false)) {
                writer.writeDue();
            }
        } catch (InterruptedException e) {
            LOG.debug("nobody interrupts the log's own thread", e);
        }
    }

    /** What a full disk has kept the background from doing; space may be back. */
    @SuppressWarnings("WaitNotInLoop") // the caller loops
    private void retryAfter(long nanos) {
        try {
            if (state.work.awaitNanos(nanos) > 0 || state.closed || state.failure != null || state.tasks > 0) {
                return;
            }
        } catch (InterruptedException e) {
            LOG.debug("nobody interrupts the log's own thread", e);
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
    @SuppressWarnings("WaitNotInLoop") // the caller loops
    private void rollIfOld() throws WalException {
        try {
            long nanos = writer.nanosToLive();
            if (nanos > 0) {
                long left = state.work.awaitNanos(Math.min(nanos, AGE_CHECK_NANOS));
                LOG.trace("{} ns left of a wait", left);
                return;
            }
        } catch (InterruptedException e) {
            LOG.debug("nobody interrupts the log's own thread", e);
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
