package io.walnut.wal.format;

/** The bytes are whole, and of a version that this code does not know. */
public final class NewerVersionException extends Exception {
    private static final long serialVersionUID = 1L;

    NewerVersionException(String what, int found, int known) {
        super(what + ": version " + found + ", this program knows up to " + known);
    }
}
