package io.walnut.wal.logs;

/** Bytes are not a command, a result or an image of this version. */
public sealed class MalformedException extends Exception permits NewerImageException {
    private static final long serialVersionUID = 1L;

    public MalformedException(String message) {
        super(message);
    }
}
