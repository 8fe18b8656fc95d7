package io.walnut.chaos.export;

import io.walnut.chaos.history.Call;
import io.walnut.chaos.history.Operation;
import io.walnut.chaos.history.Operation.Append;
import io.walnut.chaos.history.Operation.Read;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * For {@code jepsen.tests.kafka}: a batch is a transaction of sends, a read a poll. There a poll goes on where the last one of its
 * process ended, so that one which does not is told as a consumer that was assigned its log anew. Keys are numbers there; comments
 * say which log each is. Trims and looks at the end have no counterpart.
 */
final class KafkaEdn implements Form {
    @Override
    public String name() {
        return "kafka";
    }

    @Override
    public String text() {
        return "kafka.edn: appends as sends, reads as polls, for Jepsen's tests of Kafka";
    }

    @Override
    public long limit() {
        return 250_000;
    }

    @Override
    public Form.Writer open(Path directory) throws IOException {
        return new Writer(new EdnFile(directory.resolve("kafka.edn")));
    }

    private static final class Writer implements Form.Writer {
        private final EdnFile file;
        private final Map<String, Integer> keys = new HashMap<>();
        /** Where each process's next poll of a log goes on. */
        private final Map<List<Object>, Long> positions = new HashMap<>();

        Writer(EdnFile file) {
            this.file = file;
        }

        @Override
        public void invoked(Operation operation) throws IOException {
            if (operation instanceof Append append) {
                file.invoked(append, "send", sends(append));
            } else if (operation instanceof Read read) {
                int key = key(read);
                if (positions.getOrDefault(position(read), -1L) != read.from()) {
                    assign(read, "[]"); // forgets where it was
                    assign(read, "[" + key + "]");
                }
                positions.remove(position(read)); // until it is known
                file.invoked(read, "poll", "[[:poll]]");
            }
        }

        private void assign(Read read, String keys) throws IOException {
            // A call of its own, which takes no time and always succeeds.
            Operation call = new Operation.Describe(
                    Call.ok(
                            read.call().process(),
                            read.call().log(),
                            read.call().invoked(),
                            read.call().invoked()),
                    read.mode(),
                    read.node(),
                    Operation.UNKNOWN,
                    Operation.UNKNOWN);
            file.invoked(call, "assign", keys);
            file.returned(call, "assign", keys);
        }

        @Override
        public void returned(Operation operation) throws IOException {
            if (operation instanceof Append append) {
                file.returned(append, "send", sent(append));
            } else if (operation instanceof Read read) {
                if (read.call().ok()) {
                    positions.put(position(read), read.to());
                }
                String polled = "[[:poll {" + key(read) + " [" + HistoryEdn.records(read.records()) + "]}]]";
                file.returned(read, "poll", polled);
            }
        }

        private String sends(Append append) throws IOException {
            StringBuilder sends = new StringBuilder();
            for (int i = 0; i < append.count(); i++) {
                sends.append(i == 0 ? "[:send " : " [:send ")
                        .append(key(append))
                        .append(' ')
                        .append(append.firstId() + i)
                        .append(']');
            }
            return "[" + sends + "]";
        }

        private String sent(Append append) throws IOException {
            if (!append.call().ok()) {
                return sends(append);
            }
            StringBuilder sent = new StringBuilder();
            for (int i = 0; i < append.count(); i++) {
                sent.append(i == 0 ? "[:send " : " [:send ")
                        .append(key(append))
                        .append(" [")
                        .append(append.firstOffset() + i)
                        .append(' ')
                        .append(append.firstId() + i)
                        .append("]]");
            }
            return "[" + sent + "]";
        }

        private int key(Operation operation) throws IOException {
            String log = operation.call().log();
            Integer key = keys.get(log);
            if (key == null) {
                key = keys.size();
                keys.put(log, key);
                file.comment("key " + key + " is log " + EdnFile.string(log));
            }
            return key;
        }

        private static List<Object> position(Read read) {
            return List.of(read.call().process(), read.call().log());
        }

        @Override
        public List<Path> files() {
            return List.of(file.path());
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
