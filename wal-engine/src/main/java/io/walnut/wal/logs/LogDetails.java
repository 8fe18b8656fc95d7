package io.walnut.wal.logs;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * A log as it stood at one moment, with what only some logs have.
 *
 * @param bytes of the batches that hold the records from the start on, as their writers encoded them
 * @param writerEpoch below which an append is fenced, {@link Command#NO_EPOCH} when the log never had a writer with an epoch
 * @param cursors offsets by name, in the order of the names
 */
public record LogDetails(LogInfo info, LogSettings settings, long bytes, long writerEpoch, Map<String, Long> cursors) {
    public LogDetails {
        cursors = Collections.unmodifiableMap(new TreeMap<>(cursors));
    }
}
