package io.walnut.chaos.run;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.walnut.chaos.fault.Nemesis;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** {@code faults.jsonl}: what was done to the cluster, an object a line, written as soon as it is healed. */
final class FaultFile {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path file;
    private int written;

    FaultFile(Path file) throws IOException {
        this.file = file;
        Files.write(file, new byte[0]);
    }

    /** @param all faults so far; those that are there already are not written again */
    void write(List<Nemesis.Injected> all) throws IOException {
        StringBuilder lines = new StringBuilder();
        for (Nemesis.Injected fault : all.subList(written, all.size())) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("fault", fault.fault());
            fields.put("class", fault.faultClass().name().toLowerCase(Locale.ROOT));
            fields.put("hit", fault.hit());
            fields.put("begun", fault.begun());
            fields.put("healed", fault.healed());
            lines.append(JSON.writeValueAsString(fields)).append('\n');
        }
        Files.writeString(file, lines, StandardOpenOption.APPEND);
        written = all.size();
    }
}
