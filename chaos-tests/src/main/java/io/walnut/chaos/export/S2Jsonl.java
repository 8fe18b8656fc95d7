package io.walnut.chaos.export;

import com.dynatrace.hash4j.hashing.Hashing;
import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import io.walnut.chaos.history.Operation;
import io.walnut.chaos.history.Operation.Append;
import io.walnut.chaos.history.Operation.Describe;
import io.walnut.chaos.history.Operation.Mode;
import io.walnut.chaos.history.Operation.Read;
import io.walnut.chaos.history.Operation.Run;
import io.walnut.chaos.history.Operation.Trim;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * For S2's model of a stream under Porcupine ({@code s2-porcupine}): one file for each log, because it knows one stream. Where its
 * records have a hash of their bytes, here they have one of their id, which a history has in their place. Its reads show the whole
 * stream; any other that tells where the log ends is a look at its end. What one node said of itself, and trims, it does not know.
 * An append of unknown outcome is told as {@link Unknowns} knows it.
 */
final class S2Jsonl implements Form {
    /** Logs that get a file; each file is open until the last event. */
    static final int LOGS = 64;

    @Override
    public String name() {
        return "s2";
    }

    @Override
    public String text() {
        return "s2/LOG.jsonl: one file for each log, for S2's model under Porcupine (s2-porcupine)";
    }

    /** Porcupine searches, and its memory grows with the square of a history. */
    @Override
    public long limit() {
        return 20_000;
    }

    @Override
    public Form.Writer open(Path directory) throws IOException {
        return new Writer(directory.resolve("s2"));
    }

    /** Hash of one record. */
    static long recordHash(long id) {
        return Hashing.xxh3_64().hashBytesToLong(bytes(id));
    }

    /** Hash of a stream with one record more; that of an empty stream is 0. */
    static long chainHash(long stream, long record) {
        return Hashing.xxh3_64(stream).hashBytesToLong(bytes(record));
    }

    private static byte[] bytes(long value) {
        return ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
    }

    private static final class Writer implements Form.Writer {
        private final Path directory;
        private final Map<String, Stream> streams = new LinkedHashMap<>();

        Writer(Path directory) throws IOException {
            this.directory = Files.createDirectories(directory);
        }

        private @Nullable Stream stream(Operation operation) throws IOException {
            String log = operation.call().log();
            Stream stream = streams.get(log);
            if (stream == null && streams.size() < LOGS) {
                String name = URLEncoder.encode(log, StandardCharsets.UTF_8) + ".jsonl";
                stream = new Stream(directory.resolve(name));
                streams.put(log, stream);
            }
            return stream;
        }

        @Override
        public void invoked(Operation operation) throws IOException {
            Stream stream = stream(operation);
            if (stream != null) {
                stream.invoked(operation);
            }
        }

        @Override
        public void returned(Operation operation) throws IOException {
            Stream stream = stream(operation);
            if (stream != null) {
                stream.returned(operation);
            }
        }

        @Override
        public List<Path> files() {
            return streams.values().stream().map(stream -> stream.path).toList();
        }

        @Override
        public void close() throws IOException {
            for (Stream stream : streams.values()) {
                stream.close();
            }
        }
    }

    /**
     * A call that has begun.
     *
     * @param failure how it ends when nobody knows how it ended
     */
    private record Started(Operation operation, int client, long number, String failure) {}

    private static final class Stream implements Closeable {
        private final Path path;
        private final JsonGenerator json;
        private final ClientNumbers numbers = new ClientNumbers();
        private final WholeReads reads = new WholeReads();
        private final Unknowns unknowns = new Unknowns();
        /** What has no end yet; also appends of unknown outcome, which may take effect until the end. */
        private final IdentityHashMap<Operation, Started> started = new IdentityHashMap<>();

        private long operations;

        Stream(Path path) throws IOException {
            this.path = path;
            this.json = new JsonFactory()
                    .createGenerator(new BufferedOutputStream(Files.newOutputStream(path)), JsonEncoding.UTF8);
            json.setPrettyPrinter(new MinimalPrettyPrinter("\n"));
        }

        void invoked(Operation operation) throws IOException {
            unknowns.invoked(operation);
            if (operation instanceof Append append) {
                Started call = begin(append, "AppendIndefiniteFailure");
                json.writeObjectFieldStart("Start");
                json.writeObjectFieldStart("Append");
                json.writeNumberField("num_records", append.count());
                json.writeArrayFieldStart("record_hashes");
                for (int i = 0; i < append.count(); i++) {
                    json.writeNumber(Long.toUnsignedString(recordHash(append.firstId() + i)));
                }
                json.writeEndArray();
                json.writeNullField("set_fencing_token");
                json.writeNullField("fencing_token");
                json.writeNullField("match_seq_num");
                json.writeEndObject();
                json.writeEndObject();
                end(call);
            } else if (operation instanceof Read read && reads.begins(read)) {
                Started call = begin(read, "ReadFailure");
                json.writeStringField("Start", "Read");
                end(call);
            } else if (tellsTheEnd(operation)) {
                Started call = begin(operation, "CheckTailFailure");
                json.writeStringField("Start", "CheckTail");
                end(call);
            }
        }

        /** Of the log as it is, not of what one node has. */
        private static boolean tellsTheEnd(Operation operation) {
            return switch (operation) {
                case Describe describe -> describe.mode() == Mode.LINEARIZABLE;
                case Read read -> read.mode() == Mode.LINEARIZABLE && read.end() != Operation.UNKNOWN;
                default -> false;
            };
        }

        void returned(Operation operation) throws IOException {
            switch (operation) {
                case Append append -> returned(append);
                case Read read -> returned(read);
                case Describe describe -> {
                    if (!tellsTheEnd(describe)) {
                        return;
                    }
                    Started call = ended(describe);
                    if (describe.call().ok()) {
                        success(call, "CheckTailSuccess", describe.end(), null);
                    } else {
                        failure(call, call.failure);
                    }
                }
                case Trim _, Operation.Status _ -> {}
            }
        }

        private void returned(Append append) throws IOException {
            switch (append.call().outcome()) {
                case OK -> success(ended(append), "AppendSuccess", append.firstOffset() + append.count(), null);
                case FAIL -> failure(ended(append), "AppendDefiniteFailure");
                case INFO -> numbers.returned(append);
            }
        }

        private void returned(Read read) throws IOException {
            for (Unknowns.Seen seen : unknowns.returned(read)) {
                Started call = Objects.requireNonNull(started.remove(seen.append()));
                success(call, "AppendSuccess", seen.offset() + seen.append().count(), null);
            }
            WholeReads.Whole whole = reads.ended(read);
            if (whole != null) {
                success(ended(whole.first()), "ReadSuccess", whole.end(), hash(whole.runs()));
            } else if (tellsTheEnd(read)) { // also one that failed, because of where the end is
                success(ended(read), "CheckTailSuccess", read.end(), null);
            }
        }

        private static long hash(List<Run> runs) {
            long hash = 0;
            for (Run run : runs) {
                for (int i = 0; i < run.count(); i++) {
                    hash = chainHash(hash, recordHash(run.firstId() + i));
                }
            }
            return hash;
        }

        private Started begin(Operation operation, String failure) throws IOException {
            Started call = new Started(operation, numbers.invoked(operation), operations++, failure);
            started.put(operation, call);
            begin();
            return call;
        }

        private Started ended(Operation operation) {
            numbers.returned(operation);
            return Objects.requireNonNull(started.remove(operation));
        }

        private void failure(Started call, String kind) throws IOException {
            begin();
            json.writeStringField("Finish", kind);
            end(call);
        }

        private void success(Started call, String kind, long tail, @Nullable Long hash) throws IOException {
            begin();
            json.writeObjectFieldStart("Finish");
            json.writeObjectFieldStart(kind);
            json.writeNumberField("tail", tail);
            if (hash != null) {
                json.writeFieldName("stream_hash");
                json.writeNumber(Long.toUnsignedString(hash));
            }
            json.writeEndObject();
            json.writeEndObject();
            end(call);
        }

        private void begin() throws IOException {
            json.writeStartObject();
            json.writeObjectFieldStart("event");
        }

        private void end(Started call) throws IOException {
            json.writeEndObject();
            json.writeNumberField("client_id", call.client);
            json.writeNumberField("op_id", call.number);
            json.writeEndObject();
        }

        @Override
        public void close() throws IOException {
            List<Started> left = new ArrayList<>(started.values());
            left.sort(Comparator.comparingLong(Started::number));
            for (Started call : left) {
                boolean absent = call.operation instanceof Append append && unknowns.isAbsent(append);
                failure(call, absent ? "AppendDefiniteFailure" : call.failure);
            }
            json.writeRaw('\n');
            json.close();
        }
    }
}
