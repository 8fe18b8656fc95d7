package io.walnut.wal;

import java.time.Duration;

/** When an append may return, and what a power cut can take. */
public sealed interface Durability {

    /** An append returns when its records are on the device. A power cut takes nothing that was acknowledged. */
    record Sync() implements Durability {}

    /**
     * An append returns when the operating system has the bytes; a sync follows after a time or a number of bytes,
     * whichever comes first. A power cut takes what was appended since; a crash of the process takes nothing.
     */
    record Interval(Duration period, long bytes) implements Durability {
        public Interval {
            if (period.isNegative() || period.isZero()) {
                throw new IllegalArgumentException("the sync period must be positive, not " + period);
            }
            if (bytes <= 0) {
                throw new IllegalArgumentException("the bytes between syncs must be positive, not " + bytes);
            }
        }
    }

    /**
     * An append returns when the operating system has the bytes, and it writes them when it likes. A power cut takes what
     * it had not written, back to the last roll, {@link Wal#awaitDurable} or close.
     */
    record Os() implements Durability {}

    static Durability sync() {
        return new Sync();
    }

    static Durability interval(Duration period, long bytes) {
        return new Interval(period, bytes);
    }

    static Durability os() {
        return new Os();
    }
}
