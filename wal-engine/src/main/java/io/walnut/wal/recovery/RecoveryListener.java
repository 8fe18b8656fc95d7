package io.walnut.wal.recovery;

/** Hears how far an open has come. Called by one thread at a time, about once a segment; should return at once. */
public interface RecoveryListener {

    /** Whether to go on. An open that is told not to throws {@link java.util.concurrent.CancellationException} and has changed nothing. */
    boolean goOn(RecoveryProgress progress);
}
