package io.walnut.wal;

import java.time.Duration;

/** Whether a log verifies its sealed segments by itself, so that damage is found while there is still a copy to mend it from. */
public sealed interface Scrubbing {

    /** Not by itself; {@link Wal#scrub} is there for who wants it. */
    record Off() implements Scrubbing {}

    /**
     * All of them again and again, in a thread of its own, unless the log works in the caller's ({@link BackgroundWork#INLINE}).
     * What it finds is told to {@link WalObserver#corrupt} and logged, how far it is to {@link WalStats#scrub}.
     *
     * @param interval from the beginning of a pass to that of the next, which comes later when the pass takes longer
     * @param bytesPerSecond what it reads at most, above 0
     */
    record Every(Duration interval, long bytesPerSecond) implements Scrubbing {
        public Every {
            if (interval.isNegative()) {
                throw new IllegalArgumentException("the interval of a scrub must not be negative: " + interval);
            }
            if (bytesPerSecond <= 0) {
                throw new IllegalArgumentException("a scrub reads some bytes a second, not " + bytesPerSecond);
            }
        }
    }

    static Scrubbing off() {
        return new Off();
    }

    static Scrubbing every(Duration interval, long bytesPerSecond) {
        return new Every(interval, bytesPerSecond);
    }
}
