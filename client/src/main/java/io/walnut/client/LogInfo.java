package io.walnut.client;

import java.time.Instant;
import java.util.Optional;

/**
 * A log as its cluster describes it.
 *
 * @param id number of the log, never given again after a delete
 * @param startOffset first offset that can be read
 * @param endOffset offset that the next record will get
 * @param sealed the log takes no more appends
 * @param lastAppend time of the newest record, if there was one
 */
public record LogInfo(
        String name,
        long id,
        long startOffset,
        long endOffset,
        boolean sealed,
        Instant created,
        Optional<Instant> lastAppend) {
    static LogInfo of(io.walnut.protocol.v1.LogInfo log) {
        return new LogInfo(
                log.getName(),
                log.getLogId(),
                log.getStartOffset(),
                log.getEndOffset(),
                log.getSealed(),
                Instant.ofEpochMilli(log.getCreatedMs()),
                log.getLastAppendMs() == 0
                        ? Optional.empty()
                        : Optional.of(Instant.ofEpochMilli(log.getLastAppendMs())));
    }
}
