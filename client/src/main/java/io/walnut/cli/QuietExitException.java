package io.walnut.cli;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The program ends for a reason that is not worth a word: whoever read its output has gone, or it was interrupted. */
final class QuietExitException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;

    QuietExitException(int exitCode, @Nullable Throwable cause) {
        super("exit " + exitCode, cause);
        this.exitCode = exitCode;
    }

    int exitCode() {
        return exitCode;
    }
}
