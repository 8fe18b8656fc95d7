package io.walnut.wal.logs;

/** The image is whole, and of a version that this program does not know. */
public final class NewerImageException extends MalformedException {
    private static final long serialVersionUID = 1L;

    NewerImageException(String message) {
        super(message);
    }
}
