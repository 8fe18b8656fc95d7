package io.walnut.chaos.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Histories as they are named on the command line. */
final class HistoryFiles {
    private HistoryFiles() {}

    /** @throws IOException when it cannot be read more than once */
    static void readable(Path file) throws IOException {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new IOException(file
                    + " is no regular file; a history is read twice, so write what comes from elsewhere to a file");
        }
    }
}
