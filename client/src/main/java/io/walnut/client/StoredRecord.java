package io.walnut.client;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A record where it stands in its log.
 *
 * @param offset its ordinal in the log, dense from 0
 * @param timestamp the leader's time of the append; never decreases within a log
 */
public record StoredRecord(long offset, Instant timestamp, Record record) {
    public Optional<byte[]> key() {
        return record.key();
    }

    public byte[] value() {
        return record.value();
    }

    public List<Header> headers() {
        return record.headers();
    }
}
