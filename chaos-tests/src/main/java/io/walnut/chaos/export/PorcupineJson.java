package io.walnut.chaos.export;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.walnut.chaos.history.Ids;
import io.walnut.chaos.history.Operation;
import io.walnut.chaos.history.Operation.Append;
import io.walnut.chaos.history.Operation.Describe;
import io.walnut.chaos.history.Operation.Mode;
import io.walnut.chaos.history.Operation.Read;
import io.walnut.chaos.history.Operation.Run;
import io.walnut.chaos.history.Operation.Trim;
import io.walnut.chaos.history.Outcome;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * For a model under Porcupine, which has an interface and no file of its own: an array of what had an effect or saw one, in the words
 * of {@code chaos-tests/src/main/porcupine}. Left out is what says nothing of the log as it is: calls that failed, and what one node
 * said of itself. An append of unknown outcome is told as {@link Unknowns} knows it.
 */
final class PorcupineJson implements Form {
    @Override
    public String name() {
        return "porcupine";
    }

    @Override
    public String text() {
        return "porcupine.json: calls with their times, for the model in chaos-tests/src/main/porcupine";
    }

    /** Porcupine searches, and its memory grows with the square of a history. */
    @Override
    public long limit() {
        return 20_000;
    }

    @Override
    public Form.Writer open(Path directory) throws IOException {
        return new Writer(directory.resolve("porcupine.json"));
    }

    private static final class Writer implements Form.Writer {
        private static final long NEVER = Long.MAX_VALUE;

        private final Path path;
        private final JsonGenerator json;
        private final Unknowns unknowns = new Unknowns();
        private final Set<Append> underWay = Collections.newSetFromMap(new IdentityHashMap<>());

        Writer(Path path) throws IOException {
            this.path = path;
            this.json = new JsonFactory()
                    .createGenerator(new BufferedOutputStream(Files.newOutputStream(path)), JsonEncoding.UTF8);
            json.writeStartArray();
        }

        @Override
        public void invoked(Operation operation) {
            unknowns.invoked(operation);
            if (operation instanceof Append append) {
                underWay.add(append);
            }
        }

        @Override
        public void returned(Operation operation) throws IOException {
            boolean ok = operation.call().ok();
            switch (operation) {
                case Append append -> {
                    if (append.call().outcome() != Outcome.INFO) {
                        underWay.remove(append);
                    }
                    if (ok) {
                        write(append, append.call().returned(), append.firstOffset());
                    }
                }
                case Read read -> {
                    for (Unknowns.Seen seen : unknowns.returned(read)) {
                        underWay.remove(seen.append());
                        write(seen.append(), read.call().returned(), seen.offset());
                    }
                    boolean current = read.mode() == Mode.LINEARIZABLE || read.mode() == Mode.FINAL;
                    if (current && (ok || read.end() != Operation.UNKNOWN)) {
                        begin(read, "read", read.call().returned());
                        json.writeNumberField("from", read.from());
                        ids(read.records());
                        known("start", read.start());
                        known("end", read.end());
                        json.writeEndObject();
                    }
                }
                case Describe describe -> {
                    if (ok && describe.mode() == Mode.LINEARIZABLE) {
                        begin(describe, "describe", describe.call().returned());
                        known("start", describe.start());
                        known("end", describe.end());
                        json.writeEndObject();
                    }
                }
                case Trim trim -> {
                    if (trim.call().outcome() != Outcome.FAIL) {
                        begin(trim, "trim", ok ? trim.call().returned() : NEVER);
                        json.writeNumberField("before", trim.before());
                        known("start", trim.start());
                        json.writeEndObject();
                    }
                }
                case Operation.Status _ -> {} // of no log
            }
        }

        private void write(Append append, long returned, long offset) throws IOException {
            begin(append, "append", returned);
            ids(List.of(new Run(0, append.firstId(), append.count())));
            known("offset", offset);
            json.writeEndObject();
        }

        /** @param returned {@link #NEVER} for what may take effect until the end */
        private void begin(Operation operation, String op, long returned) throws IOException {
            json.writeRaw('\n'); // one a line
            json.writeStartObject();
            json.writeStringField("log", operation.call().log());
            json.writeNumberField("client", operation.call().process());
            json.writeStringField("op", op);
            json.writeNumberField("call", operation.call().invoked());
            if (returned != NEVER) {
                json.writeNumberField("return", returned);
            }
        }

        private void ids(List<Run> runs) throws IOException {
            json.writeArrayFieldStart("ids");
            for (Run run : runs) {
                for (int i = 0; i < run.count(); i++) {
                    json.writeNumber(run.firstId() == Ids.ALTERED ? Ids.ALTERED : run.firstId() + i);
                }
            }
            json.writeEndArray();
        }

        private void known(String name, long value) throws IOException {
            if (value != Operation.UNKNOWN) {
                json.writeNumberField(name, value);
            }
        }

        @Override
        public List<Path> files() {
            return List.of(path);
        }

        @Override
        public void close() throws IOException {
            for (Append append : underWay.stream()
                    .sorted((a, b) -> Long.compare(a.call().invoked(), b.call().invoked()))
                    .toList()) {
                if (!unknowns.isAbsent(append)) {
                    write(append, NEVER, Operation.UNKNOWN);
                }
            }
            json.writeRaw('\n');
            json.writeEndArray();
            json.writeRaw('\n');
            json.close();
        }
    }
}
