package io.walnut.wal.format;

/** Bytes are not what the layout demands. Whether that is torn or corrupt is not for the layout to say. */
public final class InvalidBytesException extends Exception {
    private static final long serialVersionUID = 1L;

    public InvalidBytesException(String message) {
        super(message);
    }
}
