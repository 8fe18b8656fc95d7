package io.walnut.wal.store;

import java.io.IOException;
import java.io.Serial;

/**
 * The WAL is there, but no good image of the index reaches back to where it begins, or one knows more than it holds. Nothing was
 * changed. Put back the missing {@code .index} file, or the whole directory, from a copy.
 */
public final class IndexLostException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    IndexLostException(String message) {
        super(message);
    }
}
