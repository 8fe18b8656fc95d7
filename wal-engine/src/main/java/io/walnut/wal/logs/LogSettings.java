package io.walnut.wal.logs;

/**
 * How long a log keeps what it holds. 0 stands for no bound. Nothing goes by itself: whoever owns the clock asks
 * {@link LogIndex#due} now and then, and applies the commands that it gets.
 *
 * @param maxAgeMs batches older than this many milliseconds go
 * @param maxRecords of more records the oldest go
 * @param maxBytes of more bytes, as the writers encoded them, the oldest batches go; the newest stays
 * @param idleSealMs a log that was not appended to for this many milliseconds is sealed
 */
public record LogSettings(long maxAgeMs, long maxRecords, long maxBytes, long idleSealMs) {
    /** Keeps everything, and is sealed by nobody but its user. */
    public static final LogSettings KEEP_ALL = new LogSettings(0, 0, 0, 0);

    public LogSettings {
        if (maxAgeMs < 0 || maxRecords < 0 || maxBytes < 0 || idleSealMs < 0) {
            throw new IllegalArgumentException("bounds of a log must be 0 (none) or more, not age " + maxAgeMs + " ms, "
                    + maxRecords + " records, " + maxBytes + " bytes, idle " + idleSealMs + " ms");
        }
    }

    public LogSettings withMaxAgeMs(long ms) {
        return new LogSettings(ms, maxRecords, maxBytes, idleSealMs);
    }

    public LogSettings withMaxRecords(long records) {
        return new LogSettings(maxAgeMs, records, maxBytes, idleSealMs);
    }

    public LogSettings withMaxBytes(long bytes) {
        return new LogSettings(maxAgeMs, maxRecords, bytes, idleSealMs);
    }

    public LogSettings withIdleSealMs(long ms) {
        return new LogSettings(maxAgeMs, maxRecords, maxBytes, ms);
    }
}
