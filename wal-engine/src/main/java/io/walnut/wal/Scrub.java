package io.walnut.wal;

import io.walnut.wal.recovery.ScrubCoverage;
import io.walnut.wal.recovery.ScrubFinding;
import io.walnut.wal.recovery.ScrubListener;
import io.walnut.wal.segment.Segment;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Verifies the sealed segments of a log again and again, in a thread of its own, so that damage is found while there is still a
 * copy to mend it from. Changes nothing. Ends with {@link #close} and with the log.
 */
public final class Scrub implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Scrub.class);
    private static final long MOST_NANOS_AT_ONCE = 100_000_000;

    private final LogState state;
    private final Scrubbing.Every pace;
    private final ScrubListener listener;
    private final Thread thread;
    private volatile boolean closed;

    // Written by the thread, read by all; guarded by this.
    private long passes;
    private long passLsn;
    private long passBegan;
    private long passEnded;
    private long nanosOfLastPass;
    private long segments;
    private long bytes;
    private long findings;

    Scrub(LogState state, Scrubbing.Every pace, ScrubListener listener) {
        this.state = state;
        this.pace = pace;
        this.listener = listener;
        this.thread = Thread.ofPlatform().daemon().name("wal-scrub").unstarted(this::loop);
    }

    void start() {
        thread.start();
    }

    /** How far it has come. */
    public synchronized ScrubCoverage coverage() {
        long now = state.options.nanoClock().getAsLong();
        return new ScrubCoverage(
                passes, passLsn, nanosOfLastPass, passes == 0 ? 0 : now - passEnded, segments, bytes, findings);
    }

    /** Returns when the scrub has let go of the log. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        boolean interrupted = false;
        while (!Thread.currentThread().equals(thread) && thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Once it was begun. */
    boolean hasEnded() {
        return !thread.isAlive();
    }

    private void loop() {
        try {
            while (!closed) {
                long start = System.nanoTime();
                pass();
                sleepUntil(start + TimeUnit.NANOSECONDS.convert(pace.interval()));
            }
        } catch (CancellationException e) {
            LOG.debug("the scrub of {} ends", state.storage.describe());
        } catch (RuntimeException | Error e) {
            LOG.error("the scrub of {} ends", state.storage.describe(), e);
        }
    }

    private void pass() {
        synchronized (this) {
            passBegan = state.options.nanoClock().getAsLong();
            passLsn = state.startLsn;
        }
        for (Segment segment : state.segments) {
            if (segment.sealed() && segment.retain()) {
                try {
                    new FrameCheck(segment, this::found, this::pace).run();
                } finally {
                    segment.release();
                }
                synchronized (this) {
                    segments++;
                    passLsn = Math.max(passLsn, segment.endLsn());
                }
            }
        }
        synchronized (this) {
            passes++;
            passEnded = state.options.nanoClock().getAsLong();
            nanosOfLastPass = passEnded - passBegan;
        }
        pace(0); // an empty log is no reason to hurry
    }

    private void found(ScrubFinding finding) {
        LOG.warn(
                "scrub found damage segment={} lsn={}..{} byte={} {}",
                finding.segmentId(),
                finding.fromLsn(),
                finding.toLsn(),
                finding.position(),
                finding.detail());
        told(() -> state.options.observer().corrupt(new LsnRange(finding.fromLsn(), finding.toLsn())));
        told(() -> listener.found(finding));
        synchronized (this) {
            findings++; // who sees it counted has been told
        }
    }

    /** One that fails keeps the other from nothing. */
    private static void told(Runnable news) {
        try {
            news.run();
        } catch (RuntimeException e) {
            LOG.error("a scrub listener failed; the scrub goes on", e);
        }
    }

    /** Waits until that many bytes are due. */
    private void pace(int read) {
        synchronized (this) {
            bytes += read;
        }
        long nanos = read == 0 ? MOST_NANOS_AT_ONCE : (long) (read * 1e9 / pace.bytesPerSecond());
        sleepUntil(System.nanoTime() + nanos);
    }

    private void sleepUntil(long nanoTime) {
        for (long left = nanoTime - System.nanoTime(); left > 0; left = nanoTime - System.nanoTime()) {
            if (closed) {
                throw new CancellationException();
            }
            LockSupport.parkNanos(this, Math.min(left, MOST_NANOS_AT_ONCE));
        }
        if (closed) {
            throw new CancellationException();
        }
    }
}
