package io.walnut.wal.recovery;

/** Hears of damage that a scrub met: once in each pass. Called by the thread of the scrub; should return soon. */
public interface ScrubListener {
    void found(ScrubFinding finding);
}
