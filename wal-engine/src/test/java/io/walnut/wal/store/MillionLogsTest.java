package io.walnut.wal.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.io.FileChannelStorage;
import io.walnut.wal.logs.LogIndex;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store of a million logs, three records in each: what it costs, and how long it takes to open. */
@Tag("slow")
class MillionLogsTest {
    private static final int LOGS = 1_000_000;
    private static final int RECORDS = 3;
    private static final int TAIL = 10_000;
    private static final int THREADS = 500;

    @TempDir
    Path directory;

    @Test
    void aMillionLogsAreOpenAndAnIdleOneCostsUnder200Bytes() throws Exception {
        LogStoreOptions options = LogStoreOptions.defaults().withUpkeepEvery(Duration.ZERO);
        long names = IntStream.range(0, LOGS).mapToLong(i -> name(i).length()).sum();
        try (LogStore store = LogStore.open(directory, options)) {
            long empty = usedBytes();
            long begin = System.nanoTime();
            byThreads(i -> store.create(name(i)));
            for (int round = 0; round < RECORDS; round++) {
                byThreads(i -> store.append(LogAppend.of(name(i), 1, ByteBuffer.allocate(100))));
            }
            System.out.printf(
                    "durable commands a second, by %d threads: %,d%n",
                    THREADS, (1L + RECORDS) * LOGS * 1_000 / millisSince(begin));
            long each = (usedBytes() - empty - names) / LOGS;
            System.out.println("the whole store, with what the WAL keeps of its frames: " + each + " bytes a log");
            long start = System.nanoTime();
            store.upkeep();
            System.out.println("upkeep, which saves the image: " + millisSince(start) + " ms");
            print();
            for (int i = 0; i < TAIL; i++) {
                var _ = store.appendAsync(LogAppend.of(name(i), 1, ByteBuffer.allocate(100)));
            }
        }
        measureIndex(names);
        open(options, "after an orderly close");
        Path newest = images().getLast();
        Files.delete(newest);
        open(options, "with " + TAIL + " commands to replay");
        for (Path image : images()) {
            Files.delete(image);
        }
        open(options, "without an image, all commands to replay");
    }

    /** The index alone, as an open loads it. */
    private void measureIndex(long names) throws IOException {
        long empty = usedBytes();
        LogIndex index = new ImageFiles(FileChannelStorage.at(directory))
                .newest()
                .orElseThrow()
                .index();
        long each = (usedBytes() - empty - names) / LOGS;
        System.out.println(
                "idle log with " + RECORDS + " records: " + each + " bytes beside the characters of its name");
        assertThat(index.size()).isEqualTo(LOGS);
        assertThat(each).isLessThan(200);
    }

    private interface Act {
        Object on(int log) throws Exception;
    }

    private static void byThreads(Act act) throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            for (int thread = 0; thread < THREADS; thread++) {
                int first = thread;
                all.add(threads.submit(() -> {
                    for (int i = first; i < LOGS; i += THREADS) {
                        Object _ = act.on(i);
                    }
                    return null;
                }));
            }
            for (Future<?> future : all) {
                future.get();
            }
        }
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
