package io.walnut.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How a command prints what it has to say. */
public enum Output {
    /** For people. */
    TABLE,
    /** One JSON document. */
    JSON,
    /** A JSON object a line. */
    JSONL;

    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** One thing: its fields below each other, or one JSON object. */
    void print(Terminal terminal, Map<String, @Nullable Object> fields) throws IOException {
        if (this == TABLE) {
            int width = fields.keySet().stream().mapToInt(String::length).max().orElse(0);
            for (Map.Entry<String, @Nullable Object> field : fields.entrySet()) {
                terminal.print(String.format("%-" + width + "s  %s", field.getKey(), cell(field.getValue()))
                        .stripTrailing());
            }
        } else {
            terminal.print(json(fields));
        }
        terminal.flush();
    }

    /** Several things of a kind. */
    void print(Terminal terminal, List<String> columns, List<Map<String, @Nullable Object>> rows) throws IOException {
        switch (this) {
            case TABLE -> terminal.print(table(columns, rows));
            case JSON -> terminal.print(json(rows));
            case JSONL -> {
                for (Map<String, @Nullable Object> row : rows) {
                    terminal.print(json(row));
                }
            }
        }
        terminal.flush();
    }

    private static String table(List<String> columns, List<Map<String, @Nullable Object>> rows) {
        List<Column> header = new ArrayList<>();
        for (String column : columns) {
            boolean numbers = !rows.isEmpty() && rows.stream().allMatch(row -> row.get(column) instanceof Number);
            header.add(new Column()
                    .header(column)
                    .headerAlign(numbers ? HorizontalAlign.RIGHT : HorizontalAlign.LEFT)
                    .dataAlign(numbers ? HorizontalAlign.RIGHT : HorizontalAlign.LEFT)
                    .maxWidth(Integer.MAX_VALUE - 2));
        }
        Object[][] cells = rows.stream()
                .map(row ->
                        columns.stream().map(column -> cell(row.get(column))).toArray())
                .toArray(Object[][]::new);
        return AsciiTable.getTable(AsciiTable.NO_BORDERS, header.toArray(Column[]::new), cells)
                .lines()
                .map(String::stripTrailing)
                .filter(line -> !line.isEmpty())
                .reduce((above, line) -> above + "\n" + line)
                .orElse("");
    }

    private static String cell(@Nullable Object value) {
        return value == null ? "" : value.toString();
    }

    /** A value of maps, lists, texts and numbers in one line. */
    public static String json(Object value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot be written as JSON: " + value, e);
        }
    }
}
