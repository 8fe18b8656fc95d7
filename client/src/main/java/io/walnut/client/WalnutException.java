package io.walnut.client;

import io.walnut.protocol.v1.ErrorCode;
import org.jspecify.annotations.Nullable;

/**
 * Why a call did not succeed. Each member is named by what went wrong; {@link #retryable()} and {@link #mayHaveBeenApplied()} say
 * what the caller can do next. The client has retried what it can retry safely before it throws. docs/GUARANTEES.md has the
 * table of all codes.
 */
public abstract sealed class WalnutException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;
    private final boolean retryable;
    private final boolean mayHaveBeenApplied;

    private WalnutException(Facts facts) {
        super(facts.message(), facts.cause());
        this.code = facts.code();
        this.retryable = facts.retryable();
        this.mayHaveBeenApplied = facts.mayHaveBeenApplied();
    }

    /** The stable name of the failure. */
    public ErrorCode code() {
        return code;
    }

    /** True when the same request may succeed later. */
    public boolean retryable() {
        return retryable;
    }

    /** True when the request may have taken effect, or may still do so; false when it certainly has not. */
    public boolean mayHaveBeenApplied() {
        return mayHaveBeenApplied;
    }

    /** What every member is made of. */
    record Facts(
            ErrorCode code,
            String message,
            boolean retryable,
            boolean mayHaveBeenApplied,
            long startOffset,
            long endOffset,
            int recordInBatch,
            @Nullable Throwable cause) {}

    /** The request is malformed: a log name that is not allowed, a number out of its range. */
    public static final class InvalidRequest extends WalnutException {
        private static final long serialVersionUID = 1L;

        InvalidRequest(Facts facts) {
            super(facts);
        }
    }

    /** There is no log of that name. */
    public static final class LogNotFound extends WalnutException {
        private static final long serialVersionUID = 1L;

        LogNotFound(Facts facts) {
            super(facts);
        }
    }

    /** There is a log of that name already. */
    public static final class LogExists extends WalnutException {
        private static final long serialVersionUID = 1L;

        LogExists(Facts facts) {
            super(facts);
        }
    }

    /** The log is sealed: it takes no more appends. */
    public static final class LogSealed extends WalnutException {
        private static final long serialVersionUID = 1L;

        LogSealed(Facts facts) {
            super(facts);
        }
    }

    /** The wanted records have been trimmed away; the log begins at {@link #startOffset()}. */
    public static final class OffsetTrimmed extends WalnutException {
        private static final long serialVersionUID = 1L;
        private final long startOffset;
        private final long endOffset;

        OffsetTrimmed(Facts facts) {
            super(facts);
            this.startOffset = facts.startOffset();
            this.endOffset = facts.endOffset();
        }

        /** First offset that can be read. */
        public long startOffset() {
            return startOffset;
        }

        /** Offset after the last record. */
        public long endOffset() {
            return endOffset;
        }
    }

    /** The wanted offset lies beyond the end of the log. */
    public static final class OffsetBeyondEnd extends WalnutException {
        private static final long serialVersionUID = 1L;
        private final long startOffset;
        private final long endOffset;

        OffsetBeyondEnd(Facts facts) {
            super(facts);
            this.startOffset = facts.startOffset();
            this.endOffset = facts.endOffset();
        }

        /** First offset that can be read. */
        public long startOffset() {
            return startOffset;
        }

        /** Offset after the last record. */
        public long endOffset() {
            return endOffset;
        }
    }

    /** A record, or the batch it is in, is larger than the cluster takes. */
    public static final class RecordTooLarge extends WalnutException {
        private static final long serialVersionUID = 1L;

        private final int recordInBatch;

        RecordTooLarge(Facts facts) {
            super(facts);
            this.recordInBatch = facts.recordInBatch();
        }

        /** Which record of its batch it is, from 1; 0 where it is the batch as a whole. */
        public int recordInBatch() {
            return recordInBatch;
        }
    }

    /** Bytes do not have the checksum that their writer gave them, on their way in or on their way out. */
    public static final class ChecksumMismatch extends WalnutException {
        private static final long serialVersionUID = 1L;

        ChecksumMismatch(Facts facts) {
            super(facts);
        }
    }

    /** The node asked does not lead. Seen only when a call was pinned to one node; else the client goes to the leader itself. */
    public static final class NotLeader extends WalnutException {
        private static final long serialVersionUID = 1L;

        NotLeader(Facts facts) {
            super(facts);
        }
    }

    /** No node, no leader or no majority could be reached within the deadline, and nothing was sent that could still take effect. */
    public static final class Unavailable extends WalnutException {
        private static final long serialVersionUID = 1L;

        Unavailable(Facts facts) {
            super(facts);
        }
    }

    /** The request was sent and its outcome did not become known within the deadline: it may have been applied, or may yet be. */
    public static final class OutcomeUnknown extends WalnutException {
        private static final long serialVersionUID = 1L;

        OutcomeUnknown(Facts facts) {
            super(facts);
        }
    }

    /** The node, or this client's own bound of bytes in flight, had no room within the deadline. */
    public static final class Overloaded extends WalnutException {
        private static final long serialVersionUID = 1L;

        Overloaded(Facts facts) {
            super(facts);
        }
    }

    /** The cluster has not seen the batches of this producer that came before this one. */
    public static final class OutOfSequence extends WalnutException {
        private static final long serialVersionUID = 1L;

        OutOfSequence(Facts facts) {
            super(facts);
        }
    }

    /** A newer epoch of this producer has taken over. */
    public static final class Fenced extends WalnutException {
        private static final long serialVersionUID = 1L;

        Fenced(Facts facts) {
            super(facts);
        }
    }

    /** The disks are full; reading and trimming still work. */
    public static final class StorageFull extends WalnutException {
        private static final long serialVersionUID = 1L;

        StorageFull(Facts facts) {
            super(facts);
        }
    }

    /** The node's own log has failed; other nodes may serve. */
    public static final class NodeFailed extends WalnutException {
        private static final long serialVersionUID = 1L;

        NodeFailed(Facts facts) {
            super(facts);
        }
    }

    /** A defect: the node or the client met what it does not expect. */
    public static final class Internal extends WalnutException {
        private static final long serialVersionUID = 1L;

        Internal(Facts facts) {
            super(facts);
        }
    }
}
