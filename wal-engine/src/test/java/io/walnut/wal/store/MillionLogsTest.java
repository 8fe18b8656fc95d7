package io.walnut.wal.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.Durability;
import io.walnut.wal.WalOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store of a million logs, three records in each: what it costs, and how long it takes to open. */
@Tag("slow")
class MillionLogsTest {
    private static final int LOGS = 1_000_000;
    private static final int RECORDS = 3;
    private static final int TAIL = 10_000;

    @TempDir
    Path directory;

    @Test
    void aMillionLogsAreOpenAndAnIdleOneCostsUnder200Bytes() throws Exception {
        LogStoreOptions options = LogStoreOptions.defaults()
                .withWal(WalOptions.defaults().withDurability(Durability.os()))
                .withUpkeepEvery(Duration.ZERO);
        long names = 0;
        long empty = usedBytes();
        try (LogStore store = LogStore.open(directory, options)) {
            for (int i = 0; i < LOGS; i++) {
                store.create(name(i));
                names += name(i).length();
            }
            for (int round = 0; round < RECORDS; round++) {
                for (int i = 0; i < LOGS; i++) {
                    store.append(LogAppend.of(name(i), 1, ByteBuffer.allocate(100)));
                }
            }
            long each = (usedBytes() - empty - names) / LOGS;
            System.out.println(
                    "idle log with " + RECORDS + " records: " + each + " bytes beside the characters of its name");
            assertThat(each).isLessThan(200);
            long start = System.nanoTime();
            store.upkeep();
            System.out.println("upkeep, which saves the image: " + millisSince(start) + " ms");
            print();
            for (int i = 0; i < TAIL; i++) {
                store.append(LogAppend.of(name(i), 1, ByteBuffer.allocate(100)));
            }
        }
        open(options, "after an orderly close");
        Path newest = images().getLast();
        Files.delete(newest);
        open(options, "with " + TAIL + " commands to replay");
        for (Path image : images()) {
            Files.delete(image);
        }
        open(options, "without an image, all commands to replay");
    }

    private void open(LogStoreOptions options, String how) throws IOException {
        long start = System.nanoTime();
        try (LogStore store = LogStore.open(directory, options)) {
            System.out.println("open " + how + ": " + millisSince(start) + " ms");
            assertThat(store.describe(name(LOGS - 1)).orElseThrow().endOffset()).isEqualTo(RECORDS);
            assertThat(store.describe(name(0)).orElseThrow().endOffset()).isEqualTo(RECORDS + 1);
        }
    }

    private void print() throws IOException {
        for (Path image : images()) {
            System.out.println(image.getFileName() + ": " + Files.size(image) + " bytes");
        }
    }

    private List<Path> images() throws IOException {
        try (var files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".index"))
                    .sorted()
                    .toList();
        }
    }

    private static String name(int i) {
        return "tenant/%03d/log-%07d".formatted(i % 1_000, i);
    }

    private static long millisSince(long start) {
        return Duration.ofNanos(System.nanoTime() - start).toMillis();
    }

    private static long usedBytes() {
        Runtime runtime = Runtime.getRuntime();
        long used = Long.MAX_VALUE;
        for (int i = 0; i < 4; i++) {
            System.gc();
            used = Math.min(used, runtime.totalMemory() - runtime.freeMemory());
        }
        return used;
    }
}
