package io.walnut.cli;

import io.walnut.client.Header;
import io.walnut.client.StoredRecord;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Prints records: as a table means the value and a newline, so that a file that was appended comes back byte for byte; as JSON
 * each with its offset, time, key and headers. Bytes that are not UTF-8 are given in base64, in a field whose name says so.
 */
final class RecordPrinter {
    private static final byte[] NEWLINE = {'\n'};

    private final Terminal terminal;
    private final Output output;
    private final boolean endless;
    private long printed;

    /** @param endless the end may never be seen: JSON is then an object a line */
    RecordPrinter(Terminal terminal, Output output, boolean endless) {
        this.terminal = terminal;
        this.output = output;
        this.endless = endless;
    }

    void print(StoredRecord record) throws IOException {
        if (output == Output.TABLE) {
            terminal.write(record.value());
            terminal.write(NEWLINE);
        } else if (output == Output.JSON && !endless) {
            terminal.write((printed == 0 ? "[\n" : ",\n").getBytes(StandardCharsets.UTF_8));
            terminal.write(Output.json(fields(record)).getBytes(StandardCharsets.UTF_8));
        } else {
            terminal.print(Output.json(fields(record)));
        }
        printed++;
    }

    void end() throws IOException {
        if (output == Output.JSON && !endless) {
            terminal.print(printed == 0 ? "[]" : "\n]");
        }
        terminal.flush();
    }

    private static Map<String, Object> fields(StoredRecord record) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("offset", record.offset());
        fields.put("timestamp", record.timestamp().toString());
        record.key().ifPresent(key -> put(fields, "key", key));
        put(fields, "value", record.value());
        if (!record.headers().isEmpty()) {
            fields.put("headers", headers(record.headers()));
        }
        return fields;
    }

    private static List<Map<String, Object>> headers(List<Header> headers) {
        return headers.stream()
                .map(header -> {
                    Map<String, Object> fields = new LinkedHashMap<>();
                    fields.put("name", header.name());
                    put(fields, "value", header.value());
                    return fields;
                })
                .toList();
    }

    private static void put(Map<String, Object> fields, String name, byte[] bytes) {
        try {
            fields.put(
                    name,
                    StandardCharsets.UTF_8
                            .newDecoder()
                            .decode(ByteBuffer.wrap(bytes))
                            .toString());
        } catch (CharacterCodingException e) {
            fields.put(name + "_base64", Base64.getEncoder().encodeToString(bytes));
        }
    }
}
