package io.walnut.wal.store;

import java.io.IOException;
import java.io.Serial;

/**
 * The WAL is there, but no good image of the index reaches back to where it begins, or one knows more than it holds, as after a
 * truncation from outside. Nothing was changed. The message says what was found, and what to put back or, after a cut on purpose,
 * to delete.
 */
public final class IndexLostException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    IndexLostException(String message) {
        super(message);
    }
}
