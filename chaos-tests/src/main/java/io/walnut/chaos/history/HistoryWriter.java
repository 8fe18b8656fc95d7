package io.walnut.chaos.history;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import io.walnut.chaos.history.Operation.Append;
import io.walnut.chaos.history.Operation.Describe;
import io.walnut.chaos.history.Operation.Read;
import io.walnut.chaos.history.Operation.Run;
import io.walnut.chaos.history.Operation.Status;
import io.walnut.chaos.history.Operation.Trim;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Writes a history: one JSON object a line for each operation, in the order in which they end. Thread-safe. */
public final class HistoryWriter implements AutoCloseable {
    static final String FORMAT = "walnut-history";
    static final int VERSION = 1;

    private final JsonGenerator json;

    /** Begins a file, in place of one that may be there. */
    public HistoryWriter(Path file) throws IOException {
        json = new JsonFactory()
                .createGenerator(new BufferedOutputStream(Files.newOutputStream(file), 1 << 16), JsonEncoding.UTF8);
        json.setPrettyPrinter(new MinimalPrettyPrinter("\n"));
        json.writeStartObject();
        json.writeStringField("format", FORMAT);
        json.writeNumberField("version", VERSION);
        json.writeEndObject();
    }

    public synchronized void write(Operation operation) throws IOException {
        write(json, operation);
    }

    /** One operation as its line has it. */
    public static String line(Operation operation) {
        StringWriter line = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(line)) {
            write(json, operation);
        } catch (IOException e) {
            throw new AssertionError("to memory", e);
        }
        return line.toString();
    }

    private static void write(JsonGenerator json, Operation operation) throws IOException {
        Call call = operation.call();
        json.writeStartObject();
        json.writeStringField("op", operation.getClass().getSimpleName().toLowerCase(Locale.ROOT));
        json.writeNumberField("process", call.process());
        if (!call.log().isEmpty()) {
            json.writeStringField("log", call.log());
        }
        json.writeNumberField("invoked", call.invoked());
        json.writeNumberField("returned", call.returned());
        json.writeStringField("outcome", call.outcome().name().toLowerCase(Locale.ROOT));
        if (!call.error().isEmpty()) {
            json.writeStringField("error", call.error());
        }
        switch (operation) {
            case Append append -> {
                json.writeNumberField("client", Ids.client(append.firstId()));
                json.writeNumberField("sequence", Ids.sequence(append.firstId()));
                json.writeNumberField("count", append.count());
                known(json, "offset", append.firstOffset());
                if (append.ordered()) {
                    json.writeBooleanField("ordered", true);
                }
            }
            case Read read -> {
                observer(json, read.mode(), read.node());
                json.writeNumberField("from", read.from());
                json.writeArrayFieldStart("records");
                for (Run run : read.records()) {
                    write(json, run);
                }
                json.writeEndArray();
                known(json, "start", read.start());
                known(json, "end", read.end());
            }
            case Describe describe -> {
                observer(json, describe.mode(), describe.node());
                known(json, "start", describe.start());
                known(json, "end", describe.end());
            }
            case Trim trim -> {
                json.writeNumberField("before", trim.before());
                known(json, "start", trim.start());
            }
            case Status status -> {
                json.writeStringField("node", status.node());
                if (call.ok()) {
                    json.writeNumberField("started", status.started());
                    json.writeNumberField("term", status.term());
                    json.writeBooleanField("leads", status.leads());
                    json.writeNumberField("commit", status.commitIndex());
                }
            }
        }
        json.writeEndObject();
    }

    private static void observer(JsonGenerator json, Operation.Mode mode, String node) throws IOException {
        json.writeStringField("mode", mode.name().toLowerCase(Locale.ROOT));
        if (!node.isEmpty()) {
            json.writeStringField("node", node);
        }
    }

    /** Offset, client, sequence, count; without the last three where the record is nobody's. */
    private static void write(JsonGenerator json, Run run) throws IOException {
        json.writeStartArray();
        json.writeNumber(run.offset());
        if (run.firstId() != Ids.ALTERED) {
            json.writeNumber(Ids.client(run.firstId()));
            json.writeNumber(Ids.sequence(run.firstId()));
            json.writeNumber(run.count());
        }
        json.writeEndArray();
    }

    private static void known(JsonGenerator json, String name, long value) throws IOException {
        if (value != Operation.UNKNOWN) {
            json.writeNumberField(name, value);
        }
    }

    @Override
    public synchronized void close() throws IOException {
        json.writeRaw('\n');
        json.close();
    }
}
