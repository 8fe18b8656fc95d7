package io.walnut.wal;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;

/** The disk refused an operation that leaves the log as it was: look at the cause, and try again. */
public final class WalIoException extends WalException {
    private static final long serialVersionUID = 1;

    WalIoException(String message) {
        super(message);
    }

    public WalIoException(String message, Throwable cause) {
        super(message, cause);
    }

    /** A log's directory cannot be had. */
    public static WalIoException cannotUse(Path directory, IOException cause) {
        // The message of a FileSystemException is a path alone.
        String reason = cause instanceof FileSystemException ? cause.toString() : cause.getMessage();
        return new WalIoException("cannot use " + directory + ": " + reason, cause);
    }
}
