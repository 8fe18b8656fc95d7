package io.walnut.wal.io;

import java.io.IOException;
import java.nio.file.Path;

/** Gives the errors of the JDK, which tells them apart by text only, a type. */
final class IoErrors {
    private static final String[] FULL = {"No space left on device", "Disk quota exceeded", "There is not enough space"
    };

    private IoErrors() {}

    static IOException typed(IOException error, Path path) {
        String message = String.valueOf(error.getMessage());
        for (String full : FULL) {
            if (message.contains(full)) {
                return new StorageFullException("no room for " + path + ": " + message, error);
            }
        }
        return error;
    }
}
