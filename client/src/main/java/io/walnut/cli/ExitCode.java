package io.walnut.cli;

import io.walnut.client.WalnutException;

/** What the program's exit code says; stable, documented in docs/GUARANTEES.md. */
public final class ExitCode {
    public static final int OK = 0;
    /** A failure of the program, of a node, or of a local file. */
    public static final int FAILURE = 1;
    /** The command line is wrong, or names what no cluster takes: a bad log name, a record too large. */
    public static final int USAGE = 2;

    public static final int LOG_NOT_FOUND = 3;
    /** Nothing was applied; the same may succeed later. */
    public static final int UNAVAILABLE = 4;
    /** The outcome is unknown: it may have been applied. */
    public static final int OUTCOME_UNKNOWN = 5;
    /** Refused by the state of the log: it exists already, is sealed, is trimmed or ends there, has another writer. */
    public static final int CONFLICT = 6;
    /** Bytes are not what their writer sent. */
    public static final int DAMAGED = 7;
    /** Ctrl-C. */
    public static final int INTERRUPTED = 130;
    /** Whoever read the output has gone. */
    public static final int BROKEN_PIPE = 141;

    private ExitCode() {}

    static int of(Throwable failure) {
        if (failure instanceof WalnutException walnut) {
            return of(walnut);
        }
        if (failure instanceof QuietExitException quiet) {
            return quiet.exitCode();
        }
        return FAILURE;
    }

    private static int of(WalnutException failure) {
        int code = switch (failure.code()) {
            case ERROR_CODE_LOG_NOT_FOUND -> LOG_NOT_FOUND;
            case ERROR_CODE_LOG_EXISTS,
                    ERROR_CODE_LOG_SEALED,
                    ERROR_CODE_FENCED,
                    ERROR_CODE_OUT_OF_SEQUENCE,
                    ERROR_CODE_OFFSET_TRIMMED,
                    ERROR_CODE_OFFSET_BEYOND_END -> CONFLICT;
            case ERROR_CODE_INVALID_ARGUMENT, ERROR_CODE_RECORD_TOO_LARGE -> USAGE;
            case ERROR_CODE_NOT_LEADER,
                    ERROR_CODE_UNAVAILABLE,
                    ERROR_CODE_OVERLOADED,
                    ERROR_CODE_STORAGE_FULL,
                    ERROR_CODE_NODE_FAILED -> UNAVAILABLE;
            case ERROR_CODE_OUTCOME_UNKNOWN -> OUTCOME_UNKNOWN;
            case ERROR_CODE_CHECKSUM_MISMATCH -> DAMAGED;
            case ERROR_CODE_INTERNAL, ERROR_CODE_UNSPECIFIED, UNRECOGNIZED -> FAILURE;
        };
        return failure.mayHaveBeenApplied() && code == UNAVAILABLE ? OUTCOME_UNKNOWN : code;
    }
}
