package io.walnut.wal.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The drawings of {@code docs/FORMAT.md}, read as tables: the name of a field and its offset. */
final class Layouts {
    private final List<String> lines;

    private Layouts(List<String> lines) {
        this.lines = lines;
    }

    static Layouts ofTheDocument() throws IOException {
        return new Layouts(Files.readAllLines(Path.of("..", "docs", "FORMAT.md")));
    }

    /** The first ruler behind a line that begins so: offsets, a border, names under the border's columns. */
    Map<String, Integer> ruler(String title) {
        int border = indexOf(title);
        while (!lines.get(border).startsWith("+--")) {
            border++;
        }
        String offsets = lines.get(border - 1);
        String columns = lines.get(border);
        String names = lines.get(border + 1);
        var fields = new LinkedHashMap<String, Integer>();
        for (int at = 0; at >= 0 && at < columns.length() - 1; at = columns.indexOf('+', at + 1)) {
            int end = names.indexOf('|', at + 1);
            if (at < offsets.length() && Character.isDigit(offsets.charAt(at)) && end > 0) {
                fields.put(names.substring(at + 1, end).strip(), number(offsets, at));
            }
        }
        return fields;
    }

    private static int number(String text, int at) {
        int end = at;
        while (end < text.length() && Character.isDigit(text.charAt(end))) {
            end++;
        }
        return Integer.parseInt(text.substring(at, end));
    }

    /** The fields that a line names behind a title: {@code magic "X" | version u32 | end LSN u64}; 8 bytes where it says none. */
    Map<String, Integer> list(String title) {
        String line = lines.get(indexOf(title));
        line = line.substring(line.indexOf(title) + title.length()).strip();
        int end = line.indexOf('`');
        var fields = new LinkedHashMap<String, Integer>();
        int offset = 0;
        for (String field : (end < 0 ? line : line.substring(0, end)).split("\\|", -1)) {
            String name = field.strip();
            int size = name.equals("log UUID") ? 16 : name.endsWith(" u32") ? 4 : 8;
            fields.put(name.replaceAll(" (u32|u64|\".*\")$", ""), offset);
            offset += size;
        }
        return fields;
    }

    private int indexOf(String title) {
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).contains(title)) {
                return i;
            }
        }
        throw new AssertionError("docs/FORMAT.md has no " + title);
    }
}
