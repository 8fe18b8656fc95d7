package io.walnut.node.raft;

import java.io.IOException;
import java.nio.file.Path;

/**
 * The directory of a group member cannot be trusted, and starting on it could break a promise that was given (a vote, an
 * acknowledged entry). Nothing was changed on disk.
 */
public final class StartRefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    /** What was found. */
    public enum Reason {
        /** The directory was written by another group or another member. */
        FOREIGN_DIRECTORY,
        /** There is a log or a term, but no second copy of the vote. */
        VOTE_TWIN_MISSING,
        /** The second copy of the vote does not match its checksum. */
        VOTE_TWIN_CORRUPT,
        /** The two copies of the vote contradict each other in a way that no crash explains. */
        VOTE_MISMATCH,
        /** The log has entries, but term and vote are those of a new member. */
        VOTE_LOST,
        /** The log begins beyond the last valid snapshot: what lies between is not here. */
        SNAPSHOT_MISSING
    }

    private final Reason reason;

    StartRefusedException(Reason reason, Path where, String found) {
        super(where + ": " + found + ". Refusing to start: " + whatToDo(reason));
        this.reason = reason;
    }

    private static String whatToDo(Reason reason) {
        return reason == Reason.FOREIGN_DIRECTORY
                ? "give this node its own data directory, empty or the one it had before, or the id of the cluster and of the"
                        + " node that the directory was made with"
                : "remove this member from the group and add it anew with an empty directory and a new id, or restore the"
                        + " file";
    }

    /** What was found. */
    public Reason reason() {
        return reason;
    }
}
