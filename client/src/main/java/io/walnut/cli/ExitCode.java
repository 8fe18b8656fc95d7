package io.walnut.cli;

import io.walnut.client.WalnutException;
import java.io.IOException;

/** What the program's exit code says; stable, documented in docs/GUARANTEES.md. */
public final class ExitCode {
    public static final int OK = 0;
    /** A defect of the program or of a node. */
    public static final int INTERNAL = 1;
    /** The command line is wrong. */
    public static final int USAGE = 2;
    public static final int LOG_NOT_FOUND = 3;
    /** The log is not in the state that the request needs: it exists already, is sealed, has another writer. */
    public static final int CONFLICT = 4;
    /** The offset is trimmed or beyond the end. */
    public static final int OUT_OF_RANGE = 5;
    /** The cluster refuses the request as it is: a bad name, a record too large. */
    public static final int REFUSED = 6;
    /** Nothing was applied; the same may succeed later. */
    public static final int UNAVAILABLE = 7;
    /** The outcome is unknown: it may have been applied. */
    public static final int OUTCOME_UNKNOWN = 8;
    /** Bytes are not what their writer sent. */
    public static final int DAMAGED = 9;
    /** A local file or stream cannot be read or written. */
    public static final int LOCAL_IO = 10;
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
        return failure instanceof IOException ? LOCAL_IO : INTERNAL;
    }

    private static int of(WalnutException failure) {
        int code =
                switch (failure.code()) {
                    case ERROR_CODE_LOG_NOT_FOUND -> LOG_NOT_FOUND;
                    case ERROR_CODE_LOG_EXISTS,
                            ERROR_CODE_LOG_SEALED,
                            ERROR_CODE_FENCED,
                            ERROR_CODE_OUT_OF_SEQUENCE -> CONFLICT;
                    case ERROR_CODE_OFFSET_TRIMMED, ERROR_CODE_OFFSET_BEYOND_END -> OUT_OF_RANGE;
                    case ERROR_CODE_INVALID_ARGUMENT, ERROR_CODE_RECORD_TOO_LARGE -> REFUSED;
                    case ERROR_CODE_NOT_LEADER,
                            ERROR_CODE_UNAVAILABLE,
                            ERROR_CODE_OVERLOADED,
                            ERROR_CODE_STORAGE_FULL,
                            ERROR_CODE_NODE_FAILED -> UNAVAILABLE;
                    case ERROR_CODE_OUTCOME_UNKNOWN -> OUTCOME_UNKNOWN;
                    case ERROR_CODE_CHECKSUM_MISMATCH -> DAMAGED;
                    case ERROR_CODE_INTERNAL, ERROR_CODE_UNSPECIFIED, UNRECOGNIZED -> INTERNAL;
                };
        return failure.mayHaveBeenApplied() && code == UNAVAILABLE ? OUTCOME_UNKNOWN : code;
    }
}
