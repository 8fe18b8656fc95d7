package io.walnut.wal.crash;

import java.util.ArrayList;
import java.util.List;

/** What a log must hold: dense records from {@code startLsn} on. Immutable. */
record LogModel(long startLsn, List<Entry> records) {
    /** One record. */
    record Entry(long tag, String payload) {}

    LogModel {
        records = List.copyOf(records);
    }

    static LogModel empty() {
        return new LogModel(0, List.of());
    }

    long endLsn() {
        return startLsn + records.size();
    }

    LogModel with(List<Entry> batch) {
        var all = new ArrayList<>(records);
        all.addAll(batch);
        return new LogModel(startLsn, all);
    }

    LogModel truncatedAfter(long lsn) {
        return new LogModel(startLsn, records.subList(0, (int)
                Math.max(0, Math.min(records.size(), lsn + 1 - startLsn))));
    }

    LogModel trimmedBefore(long lsn) {
        return lsn <= startLsn ? this : new LogModel(lsn, records.subList((int) (lsn - startLsn), records.size()));
    }

    @Override
    public String toString() {
        return "LSNs " + startLsn + " to " + endLsn() + " (exclusive)"
                + (records.isEmpty() ? "" : ", last " + records.getLast());
    }
}
