package io.walnut.wal.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.Batch;
import io.walnut.wal.Checkpoint;
import io.walnut.wal.Compaction;
import io.walnut.wal.Cursor;
import io.walnut.wal.Durability;
import io.walnut.wal.LsnRange;
import io.walnut.wal.Wal;
import io.walnut.wal.WalOptions;
import io.walnut.wal.io.FileChannelStorage;
import io.walnut.wal.io.Storage;
import io.walnut.wal.logs.LogSettings;
import io.walnut.wal.record.BatchView;
import io.walnut.wal.record.BatchWriter;
import io.walnut.wal.tool.CompactionByKey;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples of docs/ENGINE.md, which quotes what stands between the marks. */
class EngineAloneTest {
    @TempDir
    Path directory;

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void aWal() throws Exception {
        List<String> read = new ArrayList<>();
        // example: wal
        try (Wal wal = Wal.open(directory, WalOptions.defaults())) {
            long lsn = wal.append(Batch.of(7, ByteBuffer.wrap(utf8("hello")))); // durable on return
            wal.enqueue(new Batch()
                    .add(7, ByteBuffer.wrap(utf8("both, ")))
                    .add(7, ByteBuffer.wrap(utf8("or none")))); // not yet
            wal.awaitDurable(wal.endLsn() - 1);

            try (Cursor cursor = wal.cursor(lsn)) {
                while (cursor.next()) {
                    read.add(StandardCharsets.UTF_8
                            .decode(cursor.record().payload())
                            .toString());
                }
            }
            wal.trimBefore(lsn + 1);
        }
        // end
        assertThat(read).containsExactly("hello", "both, ", "or none");
    }

    @Test
    void aStoreOfManyLogs() throws Exception {
        List<String> read = new ArrayList<>();
        // example: store
        try (LogStore store = LogStore.open(directory, LogStoreOptions.defaults())) {
            store.create(
                    "orders",
                    LogSettings.KEEP_ALL.withMaxAgeMs(Duration.ofDays(7).toMillis()));
            store.create("audit");

            BatchWriter records = new BatchWriter().put(utf8("order-1"), utf8("paid"));
            BatchWriter notes = new BatchWriter().put(utf8("order-1 was paid"));
            store.append(List.of(LogAppend.of("orders", records), LogAppend.of("audit", notes))); // both or none

            store.append(LogAppend.of("orders", new BatchWriter().delete(utf8("order-1")))
                    .expecting(1));

            LogReader reader = store.read("orders", 0);
            BatchView view = new BatchView();
            for (StoredBatch batch = reader.next(); batch != null; batch = reader.next()) {
                batch.records(view); // without those whose time to live is over
                while (view.next()) {
                    long offset = batch.baseOffset() + view.ordinal();
                    String key = StandardCharsets.UTF_8
                            .decode(Objects.requireNonNull(view.key()))
                            .toString();
                    String value = StandardCharsets.UTF_8.decode(view.value()).toString();
                    read.add(offset + " " + key + (view.deletes() ? " deleted" : " = " + value));
                }
            }
            store.commitCursor("orders", "billing", reader.nextOffset());
        }
        // end
        assertThat(read).containsExactly("0 order-1 = paid", "1 order-1 deleted");
    }

    @Test
    void aStoreThatWaitsForNoSync() throws Exception {
        // example: interval
        WalOptions wal = WalOptions.defaults().withDurability(Durability.interval(Duration.ofMillis(10), 1 << 20));
        try (LogStore store =
                LogStore.open(directory, LogStoreOptions.defaults().withWal(wal))) {
            store.create("metrics");
            Appended appended = store.append(LogAppend.of("metrics", new BatchWriter().put(utf8("1"))));
            assertThat(appended.durable()).isFalse(); // a power cut may take it for 10 ms
        }
        // end
    }

    @Test
    void aWalThatIsCompacted() throws Exception {
        List<Long> lsns = new ArrayList<>();
        long dropped;
        // example: compact
        try (Wal wal = Wal.open(directory, WalOptions.defaults())) {
            for (String value : List.of("draft", "paid", "sent")) {
                BatchWriter record = new BatchWriter().put(utf8("order-1"), utf8(value));
                wal.append(Batch.of(7, record.bytes()));
            }
            wal.roll(); // only sealed segments are compacted
            CompactionByKey newest = CompactionByKey.of(wal, Duration.ofDays(1), System.currentTimeMillis());
            Compaction done = wal.compact(wal.endLsn(), newest, progress -> true);
            dropped = done.recordsDropped();

            try (Cursor cursor = wal.cursor(wal.startLsn())) { // passes over what is gone
                while (cursor.next()) {
                    lsns.add(cursor.lsn());
                }
            }
        }
        // end
        assertThat(lsns).containsExactly(2L);
        assertThat(dropped).isEqualTo(2);
    }

    @Test
    void copiesThatRepairAndRestore() throws Exception {
        Path copies = directory.resolve("copies");
        Path elsewhere = directory.resolve("elsewhere");
        List<LsnRange> damaged = List.of();
        // example: copies
        Checkpoint checkpoint;
        try (Wal wal = Wal.open(directory, WalOptions.defaults())) {
            wal.append(Batch.of(7, ByteBuffer.wrap(utf8("hello"))));
            checkpoint = wal.checkpoint(Files.createDirectory(copies)); // what is in it now, in sealed segments
            try (Storage good = FileChannelStorage.existing(copies)) {
                for (LsnRange range : damaged) { // of WalCorruptException.ranges(), or from a scrub
                    wal.repair(range, good);
                }
            }
        }

        try (Wal restored = Wal.open(elsewhere, WalOptions.defaults())) { // an empty directory
            List<Path> segments = checkpoint.segments().stream()
                    .map(Checkpoint.CheckpointSegment::path)
                    .toList();
            restored.adopt(segments, checkpoint.endLsn());
            restored.trimBefore(checkpoint.startLsn());
        }
        // end
        try (Wal wal = Wal.open(elsewhere, WalOptions.defaults())) {
            assertThat(StandardCharsets.UTF_8.decode(wal.read(0).payload()).toString())
                    .isEqualTo("hello");
            assertThat(wal.endLsn()).isEqualTo(1);
        }
    }

    /** What the page quotes is what is compiled here. */
    @Test
    void thePageQuotesTheseExamples() throws Exception {
        String page = Files.readString(Path.of("..", "docs", "ENGINE.md"));
        String source = Files.readString(
                Path.of("src", "test", "java", "io", "walnut", "wal", "store", "EngineAloneTest.java"));
        for (String example : List.of("wal", "store", "interval", "compact", "copies")) {
            int from = source.indexOf("// example: " + example + "\n");
            String code = source.substring(source.indexOf('\n', from) + 1, source.indexOf("        // end", from));
            assertThat(page).as(example).contains(code.stripTrailing().stripIndent());
        }
    }
}
