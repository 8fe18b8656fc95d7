package io.walnut.chaos.fault;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Files of a node's data directory, by what they are for. */
enum NodeFiles {
    /**
     * Of the log, without the two newest: the end of the one that is written may be cut like a torn write, as is documented, and
     * the other may be an empty one made ahead.
     */
    SEALED_SEGMENTS("wal/[^/]+\\.seg", 2),
    SEGMENTS("wal/[^/]+\\.seg", 0),
    VOTES("(.*/)?(votes|raft-meta)", 0),
    SNAPSHOTS("(.*/)?image", 0),
    MANIFEST("wal/MANIFEST", 0),
    ALL(".*", 0);

    private static final int LOOKS = 20;

    private final String form;
    private final int spared;

    NodeFiles(String form, int spared) {
        this.form = form;
        this.spared = spared;
    }

    /** Those that there are, by name. Of a node that runs, too: it may take one away meanwhile. */
    List<Path> in(Path directory) throws IOException {
        for (int i = 1; ; i++) {
            try {
                return look(directory);
            } catch (UncheckedIOException e) {
                if (i == LOOKS) {
                    throw e.getCause();
                }
            }
        }
    }

    private List<Path> look(Path directory) throws IOException {
        try (Stream<Path> walk = Files.walk(directory)) {
            List<Path> found = walk.filter(Files::isRegularFile)
                    .filter(path -> ("/" + directory.relativize(path)).matches("(.*/)?" + form))
                    .sorted()
                    .toList();
            return found.subList(0, Math.max(0, found.size() - spared));
        }
    }
}
