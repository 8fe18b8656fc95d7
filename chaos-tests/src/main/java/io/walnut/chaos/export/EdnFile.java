package io.walnut.chaos.export;

import io.walnut.chaos.history.Operation;
import java.io.BufferedWriter;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** A file of a Jepsen history: a map a line for each event, {@code {:index :time :process :type :f :value}}. */
final class EdnFile implements Closeable {
    private final Path path;
    private final BufferedWriter out;
    private final ClientNumbers numbers = new ClientNumbers();
    private long index;

    EdnFile(Path path) throws IOException {
        this.path = path;
        this.out = Files.newBufferedWriter(path);
    }

    Path path() {
        return path;
    }

    void comment(String text) throws IOException {
        out.write("; " + text.replace('\n', ' ') + "\n");
    }

    void invoked(Operation operation, String f, String value) throws IOException {
        write(operation.call().invoked(), numbers.invoked(operation), "invoke", f, value, "");
    }

    /** The end of what had been invoked. */
    void returned(Operation operation, String f, String value) throws IOException {
        returned(operation, operation.call().returned(), f, value);
    }

    /** Likewise, of a call in several pieces of which {@code first} had been invoked. */
    void returned(Operation first, long time, String f, String value) throws IOException {
        String type = first.call().outcome().name().toLowerCase(Locale.ROOT);
        write(time, numbers.returned(first), type, f, value, first.call().error());
    }

    private void write(long time, int process, String type, String f, String value, String error) throws IOException {
        out.write("{:index " + index++ + ", :time " + time + ", :process " + process + ", :type :" + type + ", :f :" + f
                + ", :value " + value + (error.isEmpty() ? "" : ", :error " + string(error)) + "}\n");
    }

    static String string(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> quoted.append("\\\"");
                case '\\' -> quoted.append("\\\\");
                case '\n' -> quoted.append("\\n");
                case '\r' -> quoted.append("\\r");
                case '\t' -> quoted.append("\\t");
                default -> quoted.append(c < ' ' ? String.format(Locale.ROOT, "\\u%04x", (int) c) : String.valueOf(c));
            }
        }
        return quoted.append('"').toString();
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
