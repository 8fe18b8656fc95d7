package io.walnut.chaos.history;

import java.io.IOException;

/** A file is not a history, or is one that is damaged. */
public final class HistoryFormatException extends IOException {
    private static final long serialVersionUID = 1L;

    HistoryFormatException(String message) {
        super(message);
    }
}
