package io.walnut.chaos.export;

import io.walnut.chaos.history.Operation;
import io.walnut.chaos.history.Operation.Append;
import io.walnut.chaos.history.Operation.Describe;
import io.walnut.chaos.history.Operation.Read;
import io.walnut.chaos.history.Operation.Run;
import io.walnut.chaos.history.Operation.Status;
import io.walnut.chaos.history.Operation.Trim;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** All that our own history says, as Jepsen's tools read it: nothing is left out. */
final class HistoryEdn implements Form {
    @Override
    public String name() {
        return "edn";
    }

    @Override
    public String text() {
        return "history.edn: every operation as it is, for the tools of Jepsen";
    }

    @Override
    public long limit() {
        return 250_000;
    }

    @Override
    public Form.Writer open(Path directory) throws IOException {
        return new Writer(new EdnFile(directory.resolve("history.edn")));
    }

    private record Writer(EdnFile file) implements Form.Writer {
        @Override
        public void invoked(Operation operation) throws IOException {
            file.invoked(operation, f(operation), "{" + asked(operation) + "}");
        }

        @Override
        public void returned(Operation operation) throws IOException {
            file.returned(operation, f(operation), "{" + asked(operation) + told(operation) + "}");
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

    private static String f(Operation operation) {
        return operation.getClass().getSimpleName().toLowerCase(Locale.ROOT);
    }

    private static String asked(Operation operation) {
        String log = ":log " + EdnFile.string(operation.call().log());
        return switch (operation) {
            case Append append -> log + ", :ids [" + ids(append.firstId(), append.count()) + "]";
            case Read read -> log + observer(read.mode(), read.node()) + ", :from " + read.from();
            case Describe describe -> log + observer(describe.mode(), describe.node());
            case Trim trim -> log + ", :before " + trim.before();
            case Status _ -> log;
        };
    }

    private static String told(Operation operation) {
        return switch (operation) {
            case Append append -> known("offset", append.firstOffset());
            case Read read ->
                ", :records [" + records(read.records()) + "]" + known("start", read.start())
                        + known("end", read.end());
            case Describe describe -> known("start", describe.start()) + known("end", describe.end());
            case Trim trim -> known("start", trim.start());
            case Status _ -> "";
        };
    }

    private static String observer(Operation.Mode mode, String node) {
        return ", :mode :" + mode.name().toLowerCase(Locale.ROOT)
                + (node.isEmpty() ? "" : ", :node " + EdnFile.string(node));
    }

    private static String known(String name, long value) {
        return value == Operation.UNKNOWN ? "" : ", :" + name + " " + value;
    }

    /** Ids that follow each other. */
    static StringBuilder ids(long first, int count) {
        StringBuilder ids = new StringBuilder();
        for (int i = 0; i < count; i++) {
            ids.append(i == 0 ? "" : " ").append(first + i);
        }
        return ids;
    }

    /** Pairs of offset and id. */
    static StringBuilder records(List<Run> runs) {
        StringBuilder records = new StringBuilder();
        for (Run run : runs) {
            for (int i = 0; i < run.count(); i++) {
                records.append(records.isEmpty() ? "" : " ")
                        .append('[')
                        .append(run.offset() + i)
                        .append(' ')
                        .append(run.firstId() + i)
                        .append(']');
            }
        }
        return records;
    }
}
