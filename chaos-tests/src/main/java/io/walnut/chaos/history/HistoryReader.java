package io.walnut.chaos.history;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonEOFException;
import io.walnut.chaos.history.Operation.Append;
import io.walnut.chaos.history.Operation.Describe;
import io.walnut.chaos.history.Operation.Mode;
import io.walnut.chaos.history.Operation.Read;
import io.walnut.chaos.history.Operation.Run;
import io.walnut.chaos.history.Operation.Status;
import io.walnut.chaos.history.Operation.Trim;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads what {@link HistoryWriter} wrote, operation by operation. For one thread. */
public final class HistoryReader implements AutoCloseable {
    private static final long MOST_RECORDS = Integer.MAX_VALUE - 1;
    private static final long LARGEST_CLIENT = 1_000_000;

    private final Path file;
    private final JsonParser json;

    // Fields of the object that is read just now.
    private String op = "";
    private int process;
    private String log = "";
    private long invoked;
    private long returned;
    private String outcome = "";
    private String error = "";
    private String mode = "";
    private String node = "";
    private int client;
    private long sequence;
    private int count;
    private long offset;
    private long from;
    private long before;
    private long start;
    private long end;
    private boolean ordered;
    private long started;
    private long term;
    private boolean leads;
    private long commit;
    private List<Run> records = List.of();

    /** @throws HistoryFormatException when the file is no history, or one of another version */
    public HistoryReader(Path file) throws IOException {
        this.file = file;
        this.json = new JsonFactory().createParser(new BufferedInputStream(Files.newInputStream(file), 1 << 16));
        try {
            readFormat();
        } catch (IOException e) {
            json.close();
            throw e;
        }
    }

    private void readFormat() throws IOException {
        String format = "";
        int version = 0;
        if (token() == JsonToken.START_OBJECT) {
            for (String field = json.nextFieldName(); field != null; field = json.nextFieldName()) {
                token();
                switch (field) {
                    case "format" -> format = json.getText();
                    case "version" -> version = json.getIntValue();
                    default -> json.skipChildren();
                }
            }
        }
        if (!format.equals(HistoryWriter.FORMAT)) {
            throw new HistoryFormatException(file + " is no history: expected a first line {\"format\":\""
                    + HistoryWriter.FORMAT + "\",\"version\":" + HistoryWriter.VERSION + "}");
        }
        if (version != HistoryWriter.VERSION) {
            throw new HistoryFormatException(
                    file + " is a history of version " + version + "; this program reads " + HistoryWriter.VERSION);
        }
    }

    /**
     * The next operation, or null after the last.
     *
     * @throws HistoryFormatException when the next line is not an operation
     */
    public @Nullable Operation next() throws IOException {
        JsonToken first = token();
        if (first == null) {
            return null;
        }
        try {
            if (first != JsonToken.START_OBJECT) {
                throw wrong("found " + json.getText() + ", expected an object");
            }
            clear();
            for (String field = json.nextFieldName(); field != null; field = json.nextFieldName()) {
                field(field);
            }
            return operation();
        } catch (JsonEOFException e) {
            throw new HistoryFormatException(line() + " is cut short; without it what is above can be judged");
        } catch (JsonProcessingException e) {
            throw wrong(e.getOriginalMessage());
        } catch (IllegalArgumentException e) {
            throw wrong(String.valueOf(e.getMessage()));
        }
    }

    private @Nullable JsonToken token() throws IOException {
        try {
            return json.nextToken();
        } catch (JsonProcessingException e) {
            throw wrong(e.getOriginalMessage());
        }
    }

    private void clear() {
        op = log = outcome = error = mode = node = "";
        process = client = count = -1;
        invoked = returned = from = before = Long.MIN_VALUE;
        sequence = offset = start = end = started = term = commit = Operation.UNKNOWN;
        ordered = leads = false;
        records = List.of();
    }

    private void field(String name) throws IOException {
        json.nextToken();
        switch (name) {
            case "op" -> op = json.getText();
            case "process" -> process = json.getIntValue();
            case "log" -> log = json.getText();
            case "invoked" -> invoked = json.getLongValue();
            case "returned" -> returned = json.getLongValue();
            case "outcome" -> outcome = json.getText();
            case "error" -> error = json.getText();
            case "mode" -> mode = json.getText();
            case "node" -> node = json.getText();
            case "client" -> client = json.getIntValue();
            case "sequence" -> sequence = json.getLongValue();
            case "count" -> count = json.getIntValue();
            case "offset" -> offset = json.getLongValue();
            case "from" -> from = json.getLongValue();
            case "before" -> before = json.getLongValue();
            case "start" -> start = json.getLongValue();
            case "end" -> end = json.getLongValue();
            case "ordered" -> ordered = json.getBooleanValue();
            case "started" -> started = json.getLongValue();
            case "term" -> term = json.getLongValue();
            case "leads" -> leads = json.getBooleanValue();
            case "commit" -> commit = json.getLongValue();
            case "records" -> records = records();
            default -> throw wrong("unknown field '" + name + "'");
        }
    }

    private List<Run> records() throws IOException {
        if (json.currentToken() != JsonToken.START_ARRAY) {
            throw wrong("found " + json.getText()
                    + ", expected 'records' to be runs [[offset, client, sequence, count], ...]");
        }
        List<Run> runs = new ArrayList<>();
        while (json.nextToken() == JsonToken.START_ARRAY) {
            long at = json.nextLongValue(Operation.UNKNOWN);
            if (json.nextToken() == JsonToken.END_ARRAY) {
                runs.add(new Run(at, Ids.ALTERED, 1));
            } else {
                int by = json.getIntValue();
                long first = json.nextLongValue(Operation.UNKNOWN);
                runs.add(new Run(at, Ids.of(by, first), json.nextIntValue(0)));
                if (json.nextToken() != JsonToken.END_ARRAY) {
                    throw wrong("a run of records is [offset, client, sequence, count] or [offset]");
                }
            }
        }
        return runs;
    }

    private Operation operation() throws HistoryFormatException {
        if (invoked == Long.MIN_VALUE || returned == Long.MIN_VALUE || (log.isEmpty() && !op.equals("status"))) {
            throw wrong("an operation has 'log', 'invoked' and 'returned'");
        }
        for (Run run : records) {
            inRange("an offset of 'records'", run.offset(), 0, MOST_RECORDS - run.count());
            inRange("a count of 'records'", run.count(), 1, MOST_RECORDS);
            if (run.firstId() != Ids.ALTERED) {
                inRange("a client of 'records'", Ids.client(run.firstId()), 0, LARGEST_CLIENT);
                inRange("a sequence of 'records'", Ids.sequence(run.firstId()), 0, MOST_RECORDS - run.count());
            }
        }
        inRange("'offset'", offset, Operation.UNKNOWN, MOST_RECORDS - Math.max(count, 0));
        inRange("'start'", start, Operation.UNKNOWN, MOST_RECORDS);
        inRange("'end'", end, Operation.UNKNOWN, MOST_RECORDS);
        inRange("'from'", from, Long.MIN_VALUE, MOST_RECORDS);
        inRange("'before'", before, Long.MIN_VALUE, MOST_RECORDS);
        if (op.equals("append")) {
            inRange("'client'", client, 0, LARGEST_CLIENT);
            inRange("'sequence'", sequence, 0, MOST_RECORDS - Math.max(count, 0));
        }
        Call call = new Call(process, log, invoked, returned, oneOf(Outcome.class, "outcome", outcome), error);
        return switch (op) {
            case "append" -> new Append(call, Ids.of(client, sequence), count, told("offset", offset, call), ordered);
            case "read" ->
                new Read(call, oneOf(Mode.class, "mode", mode), node, required("from", from), records, start, end);
            case "describe" -> new Describe(call, oneOf(Mode.class, "mode", mode), node, start, end);
            case "trim" -> new Trim(call, required("before", before), start);
            case "status" -> status(call);
            default -> throw wrong("op is '" + op + "'; expected append, read, describe, trim or status");
        };
    }

    private Status status(Call call) throws HistoryFormatException {
        if (node.isEmpty() || (call.ok() && (started < 0 || term < 0 || commit < 0))) {
            throw wrong("a status has 'node', and where it is ok 'started', 'term' and 'commit', each 0 or more");
        }
        return new Status(call, node, started, term, leads, commit);
    }

    private void inRange(String name, long value, long least, long most) throws HistoryFormatException {
        if (value < least || value > most) {
            throw wrong(name + " is " + value + "; expected 0 to " + most);
        }
    }

    private long told(String name, long value, Call call) throws HistoryFormatException {
        if (call.ok() != (value >= 0)) {
            throw wrong("'" + name + "' is told of an append that is ok, and of no other");
        }
        return value;
    }

    private long required(String name, long value) throws HistoryFormatException {
        if (value < 0) {
            throw wrong("'" + name + "' is missing, or below 0");
        }
        return value;
    }

    private <E extends Enum<E>> E oneOf(Class<E> type, String name, String value) throws HistoryFormatException {
        for (E constant : type.getEnumConstants()) {
            if (constant.name().toLowerCase(Locale.ROOT).equals(value)) {
                return constant;
            }
        }
        throw wrong("'" + name + "' is '" + value + "'; expected one of " + List.of(type.getEnumConstants()));
    }

    private HistoryFormatException wrong(String what) {
        return new HistoryFormatException(line() + ": " + what);
    }

    private String line() {
        return file + ", line " + json.currentLocation().getLineNr();
    }

    @Override
    public void close() throws IOException {
        json.close();
    }
}
