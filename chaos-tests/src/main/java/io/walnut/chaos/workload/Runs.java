package io.walnut.chaos.workload;

import io.walnut.chaos.history.Ids;
import io.walnut.chaos.history.Operation.Run;
import io.walnut.client.StoredRecord;
import java.util.ArrayList;
import java.util.List;

/** Records as they came, those in a row whose ids follow each other as one run. */
final class Runs {
    private final List<Run> runs = new ArrayList<>();

    void add(StoredRecord record) {
        long id = Payload.id(record.value());
        Run last = runs.isEmpty() ? null : runs.getLast();
        if (last != null
                && id != Ids.ALTERED
                && last.firstId() != Ids.ALTERED
                && last.endOffset() == record.offset()
                && last.firstId() + last.count() == id) {
            runs.set(runs.size() - 1, new Run(last.offset(), last.firstId(), last.count() + 1));
        } else {
            runs.add(new Run(record.offset(), id, 1));
        }
    }

    boolean isEmpty() {
        return runs.isEmpty();
    }

    List<Run> list() {
        return runs;
    }
}
