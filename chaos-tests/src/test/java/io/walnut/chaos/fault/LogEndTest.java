package io.walnut.chaos.fault;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogEndTest {
    private static final int BLOCK = 4096;
    private static final int BEGUN = 2 * BLOCK;
    private static final int BYTES = 64 * BLOCK;

    @TempDir
    Path data;

    /** A file with blocks up to one that were written, and zeros or the blocks of an earlier life after it. */
    private static byte[] segment(int writtenUpTo, boolean recycled) {
        byte[] bytes = new byte[BYTES];
        if (recycled) {
            new Random(1).nextBytes(bytes);
        }
        Arrays.fill(bytes, 0, writtenUpTo, (byte) 'w');
        return bytes;
    }

    @Test
    void ofWhatWasWrittenSinceAndOfNothingElseALastPartIsTakenBack() {
        for (int seed = 0; seed < 2_000; seed++) {
            Random random = new Random(seed);
            boolean recycled = random.nextBoolean();
            int end = BEGUN + BLOCK * (1 + random.nextInt(40));
            byte[] before = segment(BEGUN, recycled);
            byte[] written = segment(end, recycled);
            byte[] torn = written.clone();

            Optional<String> done = LogEnd.tear(before, torn, random);

            assertThat(done).as("seed %d", seed).isPresent();
            int first = Arrays.mismatch(written, torn);
            assertThat(first).as("seed %d", seed).isBetween(BEGUN, end - 1);
            assertThat(Arrays.mismatch(written, end, BYTES, torn, end, BYTES))
                    .as("seed %d", seed)
                    .isNegative();
        }
    }

    @Test
    void whereNothingWasWrittenNothingIsTorn() throws IOException {
        LogEnd end = begun();
        assertThat(end.hasGrown()).isFalse();
        assertThat(end.tear(new Random(1))).isEmpty();
    }

    @Test
    void theSegmentThatIsWrittenIsTheLastOneThatHasBegun() throws IOException {
        LogEnd end = begun();
        Files.write(segmentFile(1), segment(3 * BLOCK, false));
        assertThat(end.hasGrown()).isTrue();
        assertThat(end.tear(new Random(1)))
                .hasValueSatisfying(what -> assertThat(what).startsWith("wal/00000000000000000001.seg from byte "));
        assertThat(segmentFile(0)).hasBinaryContent(segment(BYTES, false));
    }

    @Test
    void whatASnapshotOrALaterSegmentVouchesForIsNotTorn() throws IOException {
        LogEnd end = begun();
        byte[] written = segment(3 * BLOCK, false);
        Files.write(segmentFile(1), written);
        Path image = Files.createDirectories(data.resolve("snapshots/1_7")).resolve("image");
        Files.writeString(image, "a snapshot");
        assertThat(end.tear(new Random(1))).isEmpty();
        Files.delete(image);

        Files.write(segmentFile(2), segment(BLOCK, false));
        assertThat(end.tear(new Random(1))).isEmpty();
        Files.delete(segmentFile(2));

        Files.write(segmentFile(1), Arrays.copyOf(written, 4 * BLOCK)); // as sealing leaves it
        assertThat(end.tear(new Random(1))).isEmpty();
        assertThat(segmentFile(1)).hasBinaryContent(Arrays.copyOf(written, 4 * BLOCK));
    }

    private LogEnd begun() throws IOException {
        Files.createDirectories(data.resolve("wal"));
        Files.write(segmentFile(0), segment(BYTES, false));
        Files.write(segmentFile(1), segment(BEGUN, false));
        Files.write(segmentFile(2), segment(0, false));
        return LogEnd.of(data).orElseThrow();
    }

    private Path segmentFile(int id) {
        return data.resolve("wal/%020d.seg".formatted(id));
    }
}
