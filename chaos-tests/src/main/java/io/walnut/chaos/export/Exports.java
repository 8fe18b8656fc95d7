package io.walnut.chaos.export;

import io.walnut.chaos.history.Events;
import io.walnut.chaos.history.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** All forms, and a history in some of them. */
public final class Exports {
    private static final List<Form> ALL =
            List.of(new HistoryEdn(), new ListAppendEdn(), new KafkaEdn(), new S2Jsonl(), new PorcupineJson());

    /**
     * What was written of a history in one form.
     *
     * @param operations of the history that are in it
     * @param of operations that the history has
     */
    public record Written(Form form, List<Path> files, long operations, long of) {
        public Written {
            files = List.copyOf(files);
        }

        public boolean cut() {
            return operations < of;
        }
    }

    private Exports() {}

    public static List<Form> all() {
        return ALL;
    }

    /**
     * Those of these names.
     *
     * @throws IllegalArgumentException for a name that none has
     */
    public static List<Form> named(List<String> names) {
        List<Form> found = new ArrayList<>();
        for (String name : names) {
            found.add(ALL.stream()
                    .filter(form -> form.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("no form '" + name + "'; there are "
                            + ALL.stream().map(Form::name).toList())));
        }
        return found;
    }

    /**
     * Writes a history in these forms, in place of what is there when all of it is written.
     *
     * @param limit operations in each at most; null: as many as is usual for the form
     */
    public static List<Written> write(Path history, Path directory, List<Form> forms, @Nullable Long limit)
            throws IOException {
        Path making = Files.createTempDirectory(directory, ".export-");
        try {
            List<Written> written = new ArrayList<>();
            for (Written each : writeInto(history, making, forms, limit)) {
                List<Path> files = each.files.stream()
                        .map(making::relativize)
                        .map(directory::resolve)
                        .toList();
                for (Path file : files) {
                    if (Files.exists(file) && Files.isSameFile(file, history)) {
                        throw new IOException(
                                file + " is the history itself; export it to another directory with --out");
                    }
                }
                written.add(new Written(each.form, files, each.operations, each.of));
            }
            for (Written each : written) {
                for (Path file : each.files) {
                    Files.createDirectories(Objects.requireNonNull(file.getParent()));
                    Files.move(making.resolve(directory.relativize(file)), file, StandardCopyOption.REPLACE_EXISTING);
                }
            }
            return written;
        } finally {
            delete(making);
        }
    }

    private static List<Written> writeInto(Path history, Path directory, List<Form> forms, @Nullable Long limit)
            throws IOException {
        List<Cut> cuts = new ArrayList<>();
        try {
            for (Form form : forms) {
                cuts.add(new Cut(form, form.open(directory), limit == null ? form.limit() : limit));
            }
            long operations = Events.play(history, new All(cuts));
            return cuts.stream()
                    .map(cut -> new Written(cut.form, cut.writer.files(), cut.invoked, operations))
                    .toList();
        } finally {
            close(cuts);
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private static void close(List<Cut> cuts) throws IOException {
        IOException failure = null;
        for (Cut cut : cuts) {
            try {
                cut.writer.close();
            } catch (IOException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private record All(List<Cut> cuts) implements Events.Listener {
        @Override
        public void invoked(Operation operation) throws IOException {
            for (Cut cut : cuts) {
                cut.invoked(operation);
            }
        }

        @Override
        public void returned(Operation operation) throws IOException {
            for (Cut cut : cuts) {
                cut.returned(operation);
            }
        }
    }

    /** Hears nothing after so many operations: neither of others, nor how those ended that were under way. */
    private static final class Cut implements Events.Listener {
        private final Form form;
        private final Form.Writer writer;
        private final long limit;
        private long invoked;
        private boolean over;

        Cut(Form form, Form.Writer writer, long limit) {
            this.form = form;
            this.writer = writer;
            this.limit = limit;
        }

        @Override
        public void invoked(Operation operation) throws IOException {
            over |= invoked == limit;
            if (!over) {
                invoked++;
                writer.invoked(operation);
            }
        }

        @Override
        public void returned(Operation operation) throws IOException {
            if (!over) {
                writer.returned(operation);
            }
        }
    }
}
