package io.walnut.wal.jmh;

import io.walnut.wal.Batch;
import io.walnut.wal.Cursor;
import io.walnut.wal.Durability;
import io.walnut.wal.Wal;
import io.walnut.wal.WalException;
import io.walnut.wal.WalOptions;
import io.walnut.wal.WalRecord;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** A log in {@code java.io.tmpdir}, nothing of it synced: appends that do not wait, and reads of what the page cache holds. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class LogBenchmark {
    private static final int SCANNED = 1_000;
    private static final long READ_BYTES = 128L << 20;
    private static final long KEPT_BYTES = 256L << 20;

    /** A log, and the batch of the parameters. */
    @State(Scope.Benchmark)
    @SuppressWarnings("NullAway.Init") // by JMH
    public static class Setting {
        /** Records of a batch x bytes of a record. */
        @Param({"1x64", "1x1024", "100x1024"})
        String batch = "1x64";

        Path directory = Path.of(".");
        Wal log;
        final Batch records = new Batch();
        private ByteBuffer record = ByteBuffer.allocate(0);
        private int count;

        @Setup
        public void open() throws IOException {
            count = Integer.parseInt(batch.substring(0, batch.indexOf('x')));
            byte[] bytes = new byte[Integer.parseInt(batch.substring(batch.indexOf('x') + 1))];
            new SplittableRandom(1).nextBytes(bytes);
            record = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
            directory = Files.createTempDirectory("walnut-jmh-");
            log = Wal.open(directory, WalOptions.defaults().withSpareSegments(4).withDurability(Durability.os()));
        }

        Batch fill() {
            records.clear();
            for (int i = 0; i < count; i++) {
                records.add(i, record);
            }
            return records;
        }

        @TearDown
        public void close() throws IOException {
            log.close();
            List<Path> paths;
            try (Stream<Path> all = Files.walk(directory)) {
                paths = all.sorted(Comparator.reverseOrder()).toList();
            }
            for (Path path : paths) {
                Files.delete(path);
            }
        }
    }

    /** The log is full enough to read, and sealed. */
    @State(Scope.Benchmark)
    @SuppressWarnings("NullAway.Init") // by JMH
    public static class Filled {
        Cursor cursor;
        final SplittableRandom random = new SplittableRandom(2);

        @Setup
        public void fill(Setting setting) throws WalException {
            while (setting.log.stats().bytesOnDisk() < READ_BYTES) {
                for (int i = 0; i < 100; i++) {
                    setting.log.enqueue(setting.fill());
                }
            }
            setting.log.roll();
            cursor = setting.log.cursor(setting.log.startLsn());
        }
    }

    /** Trims between the iterations, so that the disk does not fill. */
    @State(Scope.Benchmark)
    public static class Trimmed {
        @TearDown(Level.Iteration)
        public void trim(Setting setting) throws WalException {
            if (setting.log.stats().bytesOnDisk() > KEPT_BYTES) {
                setting.log.trimBefore(setting.log.durableLsn());
            }
        }
    }

    /** A batch given to the log; with the disk behind it, once what may be in flight is. */
    @Benchmark
    public long enqueue(Setting setting, Trimmed trimmed) throws WalException {
        return setting.log.enqueue(setting.fill());
    }

    /** The next record, verified, its payload copied. */
    @Benchmark
    @OperationsPerInvocation(SCANNED)
    public long scan(Setting setting, Filled filled) throws WalException {
        long tags = 0;
        for (int i = 0; i < SCANNED; i++) {
            while (!filled.cursor.next()) {
                filled.cursor = setting.log.cursor(setting.log.startLsn());
            }
            tags += filled.cursor.record().tag();
        }
        return tags;
    }

    /** A record by its LSN, at random. */
    @Benchmark
    public WalRecord read(Setting setting, Filled filled) throws WalException {
        return setting.log.read(filled.random.nextLong(setting.log.startLsn(), setting.log.endLsn()));
    }
}
