package io.walnut.wal.recovery;

import io.walnut.wal.io.Storage;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What an open does beyond the ordinary. Start from {@link #defaults()}.
 *
 * @param onCorruption what it does about durable bytes that are wrong
 * @param endLsn the log is to end there (exclusive): what comes after it is dropped, durably, damaged or not; empty for all
 *     there is
 * @param copies a directory with good copies of segments of this log, from a checkpoint or a backup: what is damaged or lost is
 *     taken from there, as far as it is there; read, and closed by whoever opened it
 * @param listener hears how far a full verification has come, and may end it
 */
public record RecoveryPolicy(
        OnCorruption onCorruption, OptionalLong endLsn, Optional<Storage> copies, RecoveryListener listener) {

    /** What an open does about durable bytes that are wrong. */
    public enum OnCorruption {
        /** Refuses, and changes nothing. */
        FAIL,
        /**
         * Keeps what is good, sets the damaged file aside as evidence with a report beside it, and opens a log with holes:
         * reading a lost LSN fails with the range that is lost. Made durable by the open.
         */
        QUARANTINE
    }

    public RecoveryPolicy {
        if (endLsn.isPresent() && endLsn.getAsLong() < 0) {
            throw new IllegalArgumentException("endLsn must not be negative: " + endLsn.getAsLong());
        }
    }

    /** Fails on corruption, keeps all there is, tells nobody. */
    public static RecoveryPolicy defaults() {
        return new RecoveryPolicy(OnCorruption.FAIL, OptionalLong.empty(), Optional.empty(), progress -> true);
    }

    public RecoveryPolicy withOnCorruption(OnCorruption what) {
        return new RecoveryPolicy(what, endLsn, copies, listener);
    }

    /** Drops what comes from {@code lsn} on. */
    public RecoveryPolicy withEndLsn(long lsn) {
        return new RecoveryPolicy(onCorruption, OptionalLong.of(lsn), copies, listener);
    }

    /** Takes what is damaged or lost from segments in another directory. */
    public RecoveryPolicy withCopies(Storage from) {
        return new RecoveryPolicy(onCorruption, endLsn, Optional.of(from), listener);
    }

    public RecoveryPolicy withListener(RecoveryListener newListener) {
        return new RecoveryPolicy(onCorruption, endLsn, copies, newListener);
    }
}
