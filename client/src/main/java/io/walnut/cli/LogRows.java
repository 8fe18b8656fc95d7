package io.walnut.cli;

import io.walnut.client.LogInfo;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A log as its fields are printed. */
final class LogRows {
    static final List<String> COLUMNS =
            List.of("name", "id", "start_offset", "end_offset", "sealed", "created", "last_append");

    private LogRows() {}

    static Map<String, @Nullable Object> row(LogInfo log) {
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        row.put("name", log.name());
        row.put("id", log.id());
        row.put("start_offset", log.startOffset());
        row.put("end_offset", log.endOffset());
        row.put("sealed", log.sealed());
        row.put("created", log.created().toString());
        row.put("last_append", log.lastAppend().map(Object::toString).orElse(null));
        return row;
    }
}
