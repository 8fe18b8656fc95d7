package io.walnut.wal.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.Wal;
import io.walnut.wal.WalCorruptException;
import io.walnut.wal.WalException;
import io.walnut.wal.WalIoException;
import io.walnut.wal.WalPoisonedException;
import io.walnut.wal.WalStorageFullException;
import io.walnut.wal.crash.FailingStorage.Operation;
import io.walnut.wal.crash.LogModel.Entry;
import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.QuietLog;
import io.walnut.wal.io.StorageFullException;
import io.walnut.wal.io.StorageInterruptedException;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Every operation of the storage fails, by every error, at every moment, at each of its occurrences there, once and for good; the
 * outcome is the one that the table of docs/TESTING.md has. Whatever it is, what was acknowledged is there when the log is opened
 * again; and a log that says that it works on does.
 */
@ExtendWith(QuietLog.class)
class FailingIoMatrixTest {
    private static final int IMAGES = 2;
    private static final String CHECKPOINT = "/made";
    private static final String BLANK = "";

    /** What the operating system says. */
    private enum Failure {
        EIO(() -> new IOException("Input/output error")),
        EROFS(() -> new IOException("Read-only file system")),
        EMFILE(() -> new IOException("Too many open files")),
        ENOSPC(() -> new StorageFullException("full", new IOException("No space left on device"))),
        EDQUOT(() -> new StorageFullException("full", new IOException("Disk quota exceeded"))),
        EINTR(() -> new StorageInterruptedException("interrupted", new IOException("closed by interrupt")));

        @SuppressWarnings("ImmutableEnumChecker") // makes a new one each time
        final Supplier<IOException> error;

        Failure(Supplier<IOException> error) {
            this.error = error;
        }

        String table() {
            return switch (this) {
                case EIO, EROFS, EMFILE -> "EIO, EROFS, EMFILE";
                case ENOSPC, EDQUOT -> "ENOSPC, EDQUOT";
                case EINTR -> "interrupted";
            };
        }
    }

    /** What is done while an operation fails, and what is there before and, when it succeeds, after. */
    private enum Moment {
        MAKE("make") {
            @Override
            void prepare(Trial trial) {}

            @Override
            void act(Trial trial) throws WalException {
                trial.open();
            }
        },
        OPEN("open") {
            @Override
            void prepare(Trial trial) throws WalException {
                trial.open();
                trial.append(3);
                trial.close();
            }

            @Override
            void act(Trial trial) throws WalException {
                trial.open();
            }
        },
        RECOVER("recover") {
            @Override
            void prepare(Trial trial) throws WalException {
                trial.open();
                trial.append(3);
                // The last write torn, not acknowledged.
                Map<String, byte[]> files = trial.disk.contents();
                byte[] torn = Objects.requireNonNull(files.get(Segment.name(1))).clone();
                Arrays.fill(torn, 2 * BLOCK, 2 * BLOCK + 100, (byte) 7);
                files.put(Segment.name(1), torn);
                trial.replaceDisk(FaultyStorage.of(files));
            }

            @Override
            void act(Trial trial) throws WalException {
                trial.open();
            }
        },
        APPEND("append") {
            @Override
            void prepare(Trial trial) throws WalException {
                trial.open();
                trial.append(1);
            }

            @Override
            void act(Trial trial) throws WalException {
                trial.append(1); // room in the segment
            }
        },
        FILL("append that rolls") {
            @Override
            void prepare(Trial trial) throws WalException {
                trial.open();
                trial.append(2);
            }

            @Override
            void act(Trial trial) throws WalException {
                trial.append(1); // seals the segment before, lists it, and prepares the one after
            }
        },
        READ("read") {
            @Override
            void prepare(Trial trial) throws WalException {
                trial.open();
                trial.append(3);
            }

            @Override
            void act(Trial trial) throws WalException {
                Scenario.contents(trial.wal()); // two sealed ones, and one that is not
            }
        },
        TRUNCATE("truncate") {
            @Override
            void prepare(Trial trial) throws WalException {
                trial.open();
                trial.append(5);
            }

            @Override
            void act(Trial trial) throws WalException {
                trial.change(trial.model.truncatedAfter(1), () -> trial.wal().truncateAfter(1));
            }
        },
        TRIM("trim") {
            @Override
            void prepare(Trial trial) throws WalException {
                trial.open();
                trial.append(5);
            }

            @Override
            void act(Trial trial) throws WalException {
                trial.change(trial.model.trimmedBefore(3), () -> trial.wal().trimBefore(3));
            }
        },
        RESET("reset") {
            @Override
            void prepare(Trial trial) throws WalException {
                trial.open();
                trial.append(3);
            }

            @Override
            void act(Trial trial) throws WalException {
                trial.change(new LogModel(9, List.of()), () -> trial.wal().reset(9));
            }
        },
        ROLL("roll") {
            @Override
            void prepare(Trial trial) throws WalException {
                trial.open();
                trial.append(1);
            }

            @Override
            void act(Trial trial) throws WalException {
                trial.wal().roll();
            }
        },
        MAKE_CHECKPOINT("checkpoint") {
            @Override
            void prepare(Trial trial) throws WalException {
                trial.open();
                trial.append(3);
            }

            @Override
            void act(Trial trial) throws WalException {
                trial.wal().checkpoint(Path.of(CHECKPOINT));
            }
        },
        ADOPT("adopt") {
            @Override
            void prepare(Trial trial) throws WalException {
                trial.open();
                trial.append(3);
                trial.checkpoint = trial.wal().checkpoint(Path.of(CHECKPOINT)).segments().stream()
                        .map(segment -> segment.path())
                        .toList();
                trial.append(1);
            }

            @Override
            void act(Trial trial) throws WalException {
                trial.change(trial.model.truncatedAfter(2), () -> trial.wal().adopt(trial.checkpoint, 3));
            }
        },
        COMPACT("compact") {
            @Override
            void prepare(Trial trial) throws WalException {
                trial.open();
                trial.append(5); // four of them in two sealed segments, which become one
            }

            @Override
            void act(Trial trial) throws WalException, InterruptedException {
                trial.underWay = trial.model.compacted(entry -> entry.tag() != 0, 4);
                trial.wal().compact(Long.MAX_VALUE, record -> record.lsn() != 0, progress -> true);
                trial.model = trial.underWay;
            }
        },
        CLOSE("close") {
            @Override
            void prepare(Trial trial) throws WalException {
                trial.open();
                trial.append(3);
            }

            @Override
            void act(Trial trial) throws WalException {
                trial.close();
            }
        };

        private static final int BLOCK = 4096;

        final String text;

        Moment(String text) {
            this.text = text;
        }

        abstract void prepare(Trial trial) throws WalException;

        abstract void act(Trial trial) throws WalException, InterruptedException;
    }

    private interface Change {
        void run() throws WalException;
    }

    /** A log at a moment. */
    private static final class Trial {
        private final Operation operation;
        private final Failure failure;
        FaultyStorage disk;
        FailingStorage storage;
        private @Nullable Wal wal; // null: not open
        LogModel model = LogModel.empty();
        LogModel underWay = model;
        List<Path> checkpoint = List.of();
        private int serial;

        Trial(Operation operation, Failure failure) {
            this.operation = operation;
            this.failure = failure;
            disk = new FaultyStorage();
            storage = new FailingStorage(disk, operation, Long.MAX_VALUE, failure.error, false);
        }

        /** As after a crash. */
        void replaceDisk(FaultyStorage files) {
            wal = null;
            disk = files;
            storage = new FailingStorage(files, operation, Long.MAX_VALUE, failure.error, false);
        }

        boolean isOpen() {
            return wal != null;
        }

        Wal wal() {
            return Objects.requireNonNull(wal);
        }

        void open() throws WalException {
            wal = Wal.open(storage, DamagedFile.options(0));
        }

        void close() throws WalException {
            Wal closing = wal();
            wal = null;
            closing.close();
        }

        /** Writes of a block each, two to a segment. */
        void append(int writes) throws WalException {
            for (int i = 0; i < writes; i++) {
                List<Entry> batch = List.of(new Entry(serial, "record " + serial++));
                underWay = model.with(batch);
                wal().append(Scenario.encode(batch));
                model = underWay;
            }
        }

        void change(LogModel after, Change change) throws WalException {
            underWay = after;
            change.run();
            model = after;
        }

        Set<LogModel> allowed() {
            return new LinkedHashSet<>(List.of(model, underWay));
        }
    }

    @TestFactory
    List<DynamicTest> everyCellHasTheOutcomeThatIsWritten() throws Exception {
        Map<String, String> written = document();
        List<DynamicTest> cells = new ArrayList<>();
        for (Failure failure : Failure.values()) {
            for (Operation operation : Operation.values()) {
                for (Moment moment : Moment.values()) {
                    if ((failure == Failure.EINTR) != (operation == Operation.WRITE_DURABLY)) {
                        continue; // nothing else of the storage can be interrupted; for the rest it is WRITE and SYNC
                    }
                    String key = failure.table() + "|" + operation + "|" + moment.text;
                    cells.add(DynamicTest.dynamicTest(failure + ", " + operation + ", " + moment.text, () -> {
                        String outcomes = outcomes(failure, operation, moment);
                        if (Boolean.getBoolean("walnut.matrix")) {
                            System.out.println("CELL|" + key + "|" + outcomes);
                        }
                        assertThat(outcomes).isEqualTo(written.getOrDefault(key, BLANK));
                    }));
                }
            }
        }
        return cells;
    }

    /** All that comes of it, at each of its occurrences; empty when there is none. */
    private static String outcomes(Failure failure, Operation operation, Moment moment) throws Exception {
        Set<String> outcomes = new TreeSet<>();
        for (boolean lasting : new boolean[] {false, true}) {
            for (long occurrence = 1; ; occurrence++) {
                Trial trial = new Trial(operation, failure);
                moment.prepare(trial);
                trial.storage.arm(occurrence, lasting);
                Exception thrown = null;
                try {
                    moment.act(trial);
                } catch (WalException | InterruptedException e) {
                    thrown = e;
                }
                Thread.interrupted(); // who was interrupted is told so; the next one was not
                if (!trial.storage.failed()) {
                    break;
                }
                trial.storage.disarm();
                outcomes.add(outcome(thrown));
                checkAfter(trial, moment, thrown);
            }
        }
        return String.join(", ", outcomes);
    }

    private static String outcome(@Nullable Exception thrown) {
        return switch (thrown) {
            case null -> "done";
            case WalPoisonedException _ -> "poisoned";
            case WalStorageFullException _ -> "full";
            case WalIoException _ -> "error";
            case WalCorruptException _ -> "corrupt";
            default -> throw new AssertionError("not typed: " + thrown, thrown);
        };
    }

    private static void checkAfter(Trial trial, Moment moment, @Nullable Exception thrown) throws Exception {
        // Who is told that nothing was done relies on it; only where the log is poisoned is it open.
        boolean open = thrown instanceof WalPoisonedException;
        Set<LogModel> allowed = open ? trial.allowed() : Set.of(trial.model);
        for (Map<String, byte[]> image : trial.disk.crashImages().choose(IMAGES, new Random(1))) {
            assertThat(reopened(image)).as("killed").isIn(allowed);
        }
        assertThat(reopened(trial.disk.contents())).as("left").isIn(allowed);
        if (!trial.isOpen()) {
            return;
        }
        if (thrown instanceof WalPoisonedException) {
            closePoisoned(trial);
            assertThat(reopened(trial.disk.contents())).as("closed").isIn(allowed);
            return;
        }
        LogModel now = Scenario.contents(trial.wal());
        assertThat(now).as("works on").isIn(allowed);
        trial.model = now;
        try {
            trial.append(1);
        } catch (WalPoisonedException e) {
            // A failure in the background, after the record was durable, is told to the next who appends.
            assertThat(thrown).isNull();
            assertThat(moment).isEqualTo(Moment.FILL);
            return;
        }
        assertThat(Scenario.contents(trial.wal())).isEqualTo(trial.model);
        trial.close();
        assertThat(reopened(trial.disk.contents())).as("closed").isEqualTo(trial.model);
    }

    /** It says what may be lost, unless everything is known to be durable. */
    private static void closePoisoned(Trial trial) throws WalException {
        try {
            trial.close();
        } catch (WalPoisonedException e) {
            assertThat(e).hasMessageContaining("may be lost");
        }
    }

    private static LogModel reopened(Map<String, byte[]> files) throws WalException {
        return Scenario.contents(Wal.open(FaultyStorage.of(files), DamagedFile.options(0)));
    }

    /** The tables of docs/TESTING.md: failure, operation and moment, and what comes of it. */
    private static Map<String, String> document() throws IOException {
        Map<String, String> cells = new LinkedHashMap<>();
        List<String> head = List.of();
        String table = "";
        for (String line : Files.readAllLines(Path.of("..", "docs", "TESTING.md"))) {
            List<String> columns =
                    Arrays.stream(line.split("\\|", -1)).map(String::strip).toList();
            if (line.startsWith("| by ")) {
                table = columns.get(1).substring("by ".length());
                head = columns;
            } else if (!line.startsWith("|")) {
                table = "";
            } else if (!table.isEmpty() && !columns.get(1).startsWith("-")) {
                for (int i = 2; i < columns.size() - 1; i++) {
                    for (String operation : columns.get(1).split(", ", -1)) {
                        cells.put(table + "|" + operation + "|" + head.get(i), columns.get(i));
                    }
                }
            }
        }
        return cells;
    }
}
