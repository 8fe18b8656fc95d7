package io.walnut.chaos.export;

import io.walnut.chaos.history.Operation;
import io.walnut.chaos.history.Operation.Append;
import io.walnut.chaos.history.Operation.Read;
import io.walnut.chaos.history.Operation.Run;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * For Elle: each batch a transaction of appends to one list, each read of a whole log a read of it. What shows a piece of a log is
 * left out, because Elle knows whole lists alone, and so are trims and looks at the end.
 */
final class ListAppendEdn implements Form {
    @Override
    public String name() {
        return "list-append";
    }

    @Override
    public String text() {
        return "list-append.edn: appends and reads of whole logs, for Elle";
    }

    @Override
    public long limit() {
        return 250_000;
    }

    @Override
    public Form.Writer open(Path directory) throws IOException {
        return new Writer(new EdnFile(directory.resolve("list-append.edn")));
    }

    private record Writer(EdnFile file, WholeReads reads) implements Form.Writer {
        Writer(EdnFile file) {
            this(file, new WholeReads());
        }

        @Override
        public void invoked(Operation operation) throws IOException {
            if (operation instanceof Append append) {
                file.invoked(append, "txn", appends(append));
            } else if (operation instanceof Read read && reads.begins(read)) {
                file.invoked(read, "txn", "[[:r " + EdnFile.string(read.call().log()) + " nil]]");
            }
        }

        @Override
        public void returned(Operation operation) throws IOException {
            if (operation instanceof Append append) {
                file.returned(append, "txn", appends(append));
            } else if (operation instanceof Read read) {
                WholeReads.Whole whole = reads.ended(read);
                if (whole != null) {
                    String list = "[[:r " + EdnFile.string(read.call().log()) + " [" + ids(whole.runs()) + "]]]";
                    file.returned(whole.first(), read.call().returned(), "txn", list);
                }
            }
        }

        private static String appends(Append append) {
            StringBuilder appends = new StringBuilder();
            for (int i = 0; i < append.count(); i++) {
                appends.append(i == 0 ? "[:append " : " [:append ")
                        .append(EdnFile.string(append.call().log()))
                        .append(' ')
                        .append(append.firstId() + i)
                        .append(']');
            }
            return "[" + appends + "]";
        }

        private static StringBuilder ids(List<Run> runs) {
            StringBuilder ids = new StringBuilder();
            for (Run run : runs) {
                ids.append(ids.isEmpty() ? "" : " ").append(HistoryEdn.ids(run.firstId(), run.count()));
            }
            return ids;
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
