package io.walnut.wal.crash;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** What a log must hold: records, or gaps in their place, from {@code startLsn} on. Immutable. */
record LogModel(long startLsn, List<Entry> records) {
    /** One record. */
    record Entry(long tag, String payload) {
        /** What a compaction leaves of a record. */
        static final Entry GONE = new Entry(0, "gone");

        boolean isGone() {
            return equals(GONE);
        }
    }

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

    /** Of the records below an LSN only those that are kept. */
    LogModel compacted(Predicate<Entry> keeps, long belowLsn) {
        var all = new ArrayList<>(records);
        all.subList(0, (int) (belowLsn - startLsn)).replaceAll(entry -> keeps.test(entry) ? entry : Entry.GONE);
        return new LogModel(startLsn, all);
    }

    /** What a compaction may have left when it was cut short; the last is what it leaves when it is done. */
    Set<LogModel> compactions(Predicate<Entry> keeps) {
        var states = new LinkedHashSet<LogModel>();
        for (long lsn = startLsn; lsn <= endLsn(); lsn++) {
            states.add(compacted(keeps, lsn));
        }
        return states;
    }

    @Override
    public String toString() {
        return "LSNs " + startLsn + " to " + endLsn() + " (exclusive)"
                + (records.isEmpty() ? "" : ", last " + records.getLast());
    }
}
