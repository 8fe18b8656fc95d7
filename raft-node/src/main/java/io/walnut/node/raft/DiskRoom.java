package io.walnut.node.raft;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the disk has room for the log's next segment. A leader takes no more records when it has not: what is left of the
 * segment in use, and the one that is prepared, are then kept for elections, trims and the removal of logs. Thread-safe.
 */
final class DiskRoom {
    private static final Logger LOG = LoggerFactory.getLogger(DiskRoom.class);
    private static final long LOOK_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final String nodeId;
    private final Path directory;
    private final long neededBytes;
    private final LongSupplier nanoClock;

    private record Look(long nanos, long freeBytes, boolean full) {}

    private volatile Look latest;

    /**
     * @param directory exists, on the disk of the log
     * @param neededBytes of the next segment
     */
    DiskRoom(String nodeId, Path directory, long neededBytes, LongSupplier nanoClock) {
        this.nodeId = nodeId;
        this.directory = directory;
        this.neededBytes = neededBytes;
        this.nanoClock = nanoClock;
        this.latest = look(new Look(0, Long.MAX_VALUE, false));
    }

    /** What is wrong and what to do; empty while there is room. */
    Optional<String> problem() {
        Look look = latest;
        if (nanoClock.getAsLong() - look.nanos > LOOK_EVERY_NANOS) {
            look = look(look);
        }
        return look.full ? Optional.of(sentence(look)) : Optional.empty();
    }

    private String sentence(Look look) {
        return "the disk of node " + nodeId + " is full: " + look.freeBytes + " bytes are free in " + directory
                + ", the next segment of the log takes " + neededBytes
                + "; free or add room there, or trim or remove logs: what whole segments that leaves comes back within about ten"
                + " seconds. Reads go on, and appends as soon as there is room";
    }

    private Look look(Look before) {
        long free;
        try {
            free = Files.getFileStore(directory).getUsableSpace();
        } catch (IOException e) {
            LOG.debug("node={} the room on the disk of {} is not known", nodeId, directory, e);
            free = Long.MAX_VALUE;
        }
        Look now = new Look(nanoClock.getAsLong(), free, free < neededBytes);
        latest = now;
        if (now.full && !before.full) {
            LOG.warn("node={} storage=full: {}", nodeId, sentence(now));
        } else if (before.full && !now.full) {
            LOG.info("node={} storage=ok: {} bytes are free again", nodeId, free);
        }
        return now;
    }
}
