package io.walnut.wal;

/**
 * There is no room for the next segment, or for what a change of the segments has to write: free some space and try again.
 * Nothing of the refused operation was done, and the log works on.
 */
public final class WalStorageFullException extends WalException {
    private static final long serialVersionUID = 1;

    WalStorageFullException(String message) {
        super(message);
    }

    public WalStorageFullException(String message, Throwable cause) {
        super(message, cause);
    }
}
