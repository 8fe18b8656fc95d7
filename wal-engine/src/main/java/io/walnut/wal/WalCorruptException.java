package io.walnut.wal;

import io.walnut.wal.recovery.RecoveryReport;
import java.util.List;
import java.util.Optional;

/**
 * Bytes that were durable are wrong. Nothing was changed on disk: put good files in the place of the damaged ones, from a copy
 * or another member, and open again. A crash never causes this.
 */
public final class WalCorruptException extends WalException {
    private static final long serialVersionUID = 1;

    /** What whoever operates the log should read. */
    static final String ADVICE = "What to do: docs/OPERATIONS.md, \"A damaged log\"";

    private final transient List<LsnRange> ranges;
    private final transient Optional<RecoveryReport> report;

    /** Of a file that says nothing of LSNs any more. */
    public WalCorruptException(String message) {
        this(message, List.of(), Optional.empty());
    }

    WalCorruptException(String message, List<LsnRange> ranges, Optional<RecoveryReport> report) {
        super(message);
        this.ranges = List.copyOf(ranges);
        this.report = report;
    }

    WalCorruptException(String message, LsnRange range, Throwable cause) {
        super(message, cause);
        this.ranges = List.of(range);
        this.report = Optional.empty();
    }

    /** The LSNs that cannot be read, as far as is known. */
    public List<LsnRange> ranges() {
        return ranges;
    }

    /** What recovery found, when it was recovery that found it. */
    public Optional<RecoveryReport> report() {
        return report;
    }
}
