package io.walnut.node.raft;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Why a command or a read barrier did not succeed, typed by what the caller does next. */
public abstract sealed class SubmitException extends Exception {
    private static final long serialVersionUID = 1L;

    private SubmitException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** Nothing was appended. Ask the leader, or wait for one when there is no hint. */
    public static final class NotLeader extends SubmitException {
        private static final long serialVersionUID = 1L;
        private final @Nullable String leaderId;

        NotLeader(String message, @Nullable String leaderId, @Nullable Throwable cause) {
            super(message, cause);
            this.leaderId = leaderId;
        }

        /** Peer id of the member that this one takes for the leader; empty during an election. */
        public Optional<String> leaderId() {
            return Optional.ofNullable(leaderId);
        }
    }

    /** Nothing was appended: too much is in flight. Try again later. */
    public static final class Overloaded extends SubmitException {
        private static final long serialVersionUID = 1L;

        Overloaded(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /** Nothing was appended: the disk is full. Try again when there is room. */
    public static final class StorageFull extends SubmitException {
        private static final long serialVersionUID = 1L;

        StorageFull(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /** The command was appended to the leader's log and may or may not come to be applied. */
    public static final class OutcomeUnknown extends SubmitException {
        private static final long serialVersionUID = 1L;

        OutcomeUnknown(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /** This member has failed or is closed; nothing was appended. Use another one. */
    public static final class NodeFailed extends SubmitException {
        private static final long serialVersionUID = 1L;

        NodeFailed(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }
}
