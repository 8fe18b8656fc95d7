package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.format.SegmentHeader;
import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.segment.Segment;
import io.walnut.wal.tool.WalLook;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Batches that are written smaller than they are, through everything that looks at frames. */
class CompressionTest {
    @TempDir
    Path root;

    static Stream<Compression> ways() {
        return Stream.of(Compression.lz4(), Compression.zstd(1), Compression.zstd(9));
    }

    private static WalOptions options(Compression how) {
        return Logs.inline().withCompression(how);
    }

    /** Half of it text, some of it random, some of it tiny. */
    private static List<String> fill(Wal wal, int batches) throws WalException {
        Random random = new Random(5);
        List<String> expected = new ArrayList<>(Logs.contents(wal));
        for (int i = 0; i < batches; i++) {
            String[] batch = new String[1 + random.nextInt(20)];
            for (int j = 0; j < batch.length; j++) {
                batch[j] = switch (random.nextInt(4)) {
                    case 0 -> noise(random, random.nextInt(300));
                    case 1 -> "";
                    default ->
                        "{\"id\":" + i + ",\"name\":\"a name\",\"number\":" + random.nextInt(100)
                                + "}".repeat(random.nextInt(9));
                };
            }
            wal.append(Logs.batch(batch));
            expected.addAll(List.of(batch));
        }
        return expected;
    }

    private static String noise(Random random, int length) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append((char) (33 + random.nextInt(90)));
        }
        return text.toString();
    }

    @ParameterizedTest
    @MethodSource("ways")
    void everythingIsReadBackByCursorsByLsnAfterACloseAndAfterACrash(Compression how) throws Exception {
        FaultyStorage storage = new FaultyStorage();
        List<String> expected;
        try (Wal wal = Wal.open(storage, options(how))) {
            expected = fill(wal, 200);
            check(wal, expected);
            wal.truncateAfter(expected.size() - 5); // in the middle of a batch, perhaps
            expected = new ArrayList<>(expected.subList(0, expected.size() - 4));
            wal.append(Logs.batch("y".repeat(5000)));
            expected.add("y".repeat(5000));
            check(wal, expected);
            try (Wal crashed = Wal.open(FaultyStorage.of(storage.contents()), options(Compression.none()))) {
                check(crashed, expected);
            }
        }
    }

    private static void check(Wal wal, List<String> expected) throws WalException {
        assertThat(Logs.contents(wal)).isEqualTo(expected);
        Random random = new Random(1);
        for (int i = 0; i < 300; i++) {
            int lsn = random.nextInt(expected.size());
            assertThat(Logs.text(wal.read(lsn))).isEqualTo(expected.get(lsn));
            assertThat(wal.tag(lsn)).isEqualTo(7);
        }
    }

    @ParameterizedTest
    @MethodSource("ways")
    void toolsCheckpointsAndAdoptionsKnowIt(Compression how) throws Exception {
        Path directory = root.resolve("log");
        Path checkpoint = Files.createDirectory(root.resolve("checkpoint"));
        List<String> expected;
        Checkpoint taken;
        try (Wal wal = Wal.open(directory, options(how))) {
            expected = fill(wal, 150);
            taken = wal.checkpoint(checkpoint);
        }
        assertThat(WalLook.verify(directory).records()).isEqualTo(expected.size());
        List<String> looked = new ArrayList<>();
        WalLook.each(directory, OptionalLong.empty(), lost -> {}, record -> looked.add(Logs.text(record)));
        assertThat(looked).isEqualTo(expected);
        try (Wal other = Wal.open(root.resolve("other"), options(Compression.none()))) {
            other.adopt(
                    taken.segments().stream()
                            .map(Checkpoint.CheckpointSegment::path)
                            .toList(),
                    taken.endLsn());
            assertThat(Logs.contents(other)).isEqualTo(expected);
        }
        // Damage in the middle of it: what is before is given.
        Path first = directory.resolve(Segment.name(0));
        byte[] bytes = Files.readAllBytes(first);
        bytes[bytes.length / 2] ^= 1;
        Files.write(first, bytes);
        looked.clear();
        assertThatThrownBy(() -> WalLook.each(
                        directory, OptionalLong.empty(), lost -> {}, record -> looked.add(Logs.text(record))))
                .isInstanceOf(WalCorruptException.class);
        assertThat(looked).isNotEmpty().isEqualTo(expected.subList(0, looked.size()));
        assertThatThrownBy(() -> WalLook.verify(directory)).isInstanceOf(WalCorruptException.class);
    }

    @ParameterizedTest
    @MethodSource("ways")
    void textTakesLessAndNoiseNoMoreThanWithout(Compression how) throws Exception {
        String text = "{\"user\":\"somebody\",\"action\":\"view\",\"amount\":42}".repeat(100);
        byte[] noise = new byte[5000];
        new Random(3).nextBytes(noise);
        assertThat(written(how, Logs.batch(text)) * 4).isLessThan(written(Compression.none(), Logs.batch(text)));
        Batch random = Batch.of(7, ByteBuffer.wrap(noise));
        assertThat(written(how, random)).isEqualTo(written(Compression.none(), random));
    }

    private static long written(Compression how, Batch batch) throws WalException {
        try (Wal wal = Wal.open(new FaultyStorage(), options(how).withSizes(1 << 20, 12 << 10, 1 << 20))) {
            for (int i = 0; i < 100; i++) {
                wal.enqueue(batch);
            }
            wal.awaitDurable(99);
            return wal.stats().bytesWritten();
        }
    }

    @Test
    void anEncoderRunsOnce() throws Exception {
        byte[] noise = new byte[1000];
        new Random(3).nextBytes(noise);
        int[] runs = new int[1];
        try (Wal wal = Wal.open(new FaultyStorage(), options(Compression.lz4()))) {
            for (int i = 0; i < 100; i++) {
                byte[] payload = i % 3 == 0 ? new byte[1000] : noise;
                wal.append(new Batch().add(7, payload.length, target -> {
                    runs[0]++;
                    target.put(payload);
                }));
                assertThat(runs[0]).isEqualTo(i + 1);
                assertThat(wal.read(i).payload()).isEqualTo(ByteBuffer.wrap(payload));
            }
        }
    }

    /** Bytes that were not made by a compressor, under a checksum that is right: found out, in every length that they may claim. */
    @Test
    void nonsenseUnderAGoodChecksumIsCorrupt() throws Exception {
        Random random = new Random(9);
        for (int i = 0; i < 300; i++) {
            FaultyStorage storage = new FaultyStorage();
            try (Wal wal = Wal.open(storage, options(i % 2 == 0 ? Compression.lz4() : Compression.zstd(3)))) {
                wal.append(Logs.batch("x".repeat(4000)));
                wal.roll();
            }
            Map<String, byte[]> files = new HashMap<>(storage.contents());
            spoil(Objects.requireNonNull(files.get(Segment.name(0))), random);
            try (Wal wal = Wal.open(FaultyStorage.of(files), options(Compression.none()))) {
                assertThatThrownBy(() -> wal.read(0)).isInstanceOf(WalCorruptException.class);
                try (Cursor cursor = wal.cursor(0)) {
                    assertThatThrownBy(cursor::next).isInstanceOf(WalCorruptException.class);
                    assertThatThrownBy(cursor::next).isInstanceOf(WalCorruptException.class);
                }
            }
        }
    }

    private static void spoil(byte[] segment, Random random) {
        int at = SegmentHeader.BYTES;
        ByteBuffer frame =
                ByteBuffer.wrap(segment, at, segment.length - at).slice().order(ByteOrder.LITTLE_ENDIAN);
        assertThat(frame.getInt(36)).as("flags").isPositive();
        if (random.nextBoolean()) {
            int length = frame.getInt(40);
            while (frame.getInt(40) == length) {
                frame.putInt(40, random.nextInt(10) == 0 ? random.nextInt() : random.nextInt(10_000));
            }
        } else {
            byte[] nonsense = new byte[frame.getInt(28) - 4];
            random.nextBytes(nonsense);
            frame.put(44, nonsense);
        }
        CRC32C crc = new CRC32C();
        crc.update(frame.slice(4, frame.getInt(4) - 4));
        frame.putInt(0, (int) crc.getValue());
    }

    @Test
    void severalThreadsAppendAndReadAtOnce() throws Exception {
        try (Wal wal = Wal.open(root.resolve("log"), Logs.threads().withCompression(Compression.zstd(1)))) {
            List<Thread> threads = new ArrayList<>();
            List<Throwable> failures = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                String own = "thread " + i + " ".repeat(200);
                threads.add(Thread.ofPlatform().start(() -> {
                    try {
                        for (int j = 0; j < 100; j++) {
                            long lsn = wal.append(Logs.batch(own + j, own, own));
                            assertThat(Logs.text(wal.read(lsn))).isEqualTo(own + j);
                        }
                    } catch (IOException | RuntimeException | Error e) {
                        synchronized (failures) {
                            failures.add(e);
                        }
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(failures).isEmpty();
            assertThat(Logs.contents(wal)).hasSize(1800);
        }
    }
}
