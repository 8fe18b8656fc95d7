package io.walnut.client;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What to read, and from where. Without an endpoint a read sees everything that was acknowledged before it began, and goes on at
 * another node when one fails. With an endpoint it sees what that node has applied, and tries no other node.
 */
public final class ReadOptions {
    private final long from;
    private final long maxRecords;
    private final @Nullable String endpoint;

    private ReadOptions(long from, long maxRecords, @Nullable String endpoint) {
        this.from = from;
        this.maxRecords = maxRecords;
        this.endpoint = endpoint;
    }

    /** From this offset on, all that there is. */
    public static ReadOptions from(long offset) {
        if (offset < 0) {
            throw new IllegalArgumentException("offset is " + offset + "; expected 0 or more");
        }
        return new ReadOptions(offset, Long.MAX_VALUE, null);
    }

    /** At most this many records. */
    public ReadOptions max(long records) {
        if (records < 1) {
            throw new IllegalArgumentException("max is " + records + "; expected 1 or more");
        }
        return new ReadOptions(from, records, endpoint);
    }

    /** Only from this node, {@code host:port}: what it has applied. */
    public ReadOptions at(String node) {
        return new ReadOptions(from, maxRecords, Endpoints.parse(node).get(0));
    }

    public long from() {
        return from;
    }

    public long maxRecords() {
        return maxRecords;
    }

    public Optional<String> endpoint() {
        return Optional.ofNullable(endpoint);
    }
}
