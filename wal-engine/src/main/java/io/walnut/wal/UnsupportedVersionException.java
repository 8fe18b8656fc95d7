package io.walnut.wal;

/** A file was written by a version of the format that this program does not read: use a newer program. */
public final class UnsupportedVersionException extends WalException {
    private static final long serialVersionUID = 1;

    public UnsupportedVersionException(String message) {
        super(message);
    }

    UnsupportedVersionException(String message, Throwable cause) {
        super(message, cause);
    }
}
