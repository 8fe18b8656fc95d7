package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.format.SegmentTrailer;
import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.ForwardingStorage;
import io.walnut.wal.io.QuietLog;
import io.walnut.wal.io.StorageFile;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Sealed segments that cannot be mapped: they are read through their files, and nothing else is different. */
@ExtendWith(QuietLog.class)
class UnmappedTest {
    private static final WalOptions OPTIONS =
            Logs.inline().withSizes(1 << 20, 400 << 10, 2 << 20).withCompression(Compression.lz4());

    private final FaultyStorage disk = new FaultyStorage();
    private final NoMappings storage = new NoMappings(disk);
    private final List<String> written = new ArrayList<>();

    /** Maps nothing while it is told so. */
    private static final class NoMappings extends ForwardingStorage {
        private boolean refuses;
        private int refused;

        NoMappings(FaultyStorage storage) {
            super(storage);
        }

        @Override
        protected StorageFile wrap(String name, StorageFile file) {
            return new ForwardingFile(file) {
                @Override
                public MemorySegment map(Arena arena, long position, long bytes) throws IOException {
                    if (refuses) {
                        refused++;
                        throw new IOException("no mapping");
                    }
                    return super.map(arena, position, bytes);
                }
            };
        }
    }

    /** Batches of one and of several records; larger than what is read ahead, and small; some compress. */
    private void fill(Wal wal, int batches) throws WalException {
        Random random = new Random(1);
        for (int i = 0; i < batches; i++) {
            byte[] large = new byte[300 << 10];
            random.nextBytes(large);
            String text = switch (i % 7) {
                case 3 -> "x".repeat(100_000);
                case 5 -> new String(large, java.nio.charset.StandardCharsets.ISO_8859_1).substring(0, 150_000);
                default -> "record " + random.nextInt();
            };
            List<String> batch = i % 3 == 0 ? List.of(text) : List.of(text, "second " + i, "third " + i);
            wal.append(Logs.batch(batch.toArray(String[]::new)));
            written.addAll(batch);
            if (i % 10 == 9) {
                wal.roll();
            }
        }
    }

    private void checkAll(Wal wal) throws Exception {
        assertThat(Logs.contents(wal)).isEqualTo(written);
        for (int lsn = written.size() - 1; lsn >= 0; lsn--) {
            assertThat(Logs.text(wal.read(lsn))).isEqualTo(written.get(lsn));
            assertThat(wal.tag(lsn)).isEqualTo(7);
        }
    }

    @Test
    void sealingDoesNotFailAndAllIsReadFromTheFiles() throws Exception {
        try (Wal wal = Wal.open(storage, OPTIONS)) {
            storage.refuses = true;
            fill(wal, 60);
            assertThat(wal.stats().sealedSegments()).isGreaterThan(5);
            checkAll(wal);
            assertThat(storage.refused)
                    .as("once for each segment")
                    .isEqualTo(wal.stats().sealedSegments());
        }
    }

    @Test
    void segmentsThatWereSealedBeforeAreReadFromTheFilesToo() throws Exception {
        try (Wal wal = Wal.open(storage, OPTIONS)) {
            fill(wal, 60);
        }
        try (Wal wal = Wal.open(storage, OPTIONS)) {
            storage.refuses = true;
            checkAll(wal);
            assertThat(storage.refused).isEqualTo(wal.stats().sealedSegments());
        }
    }

    @Test
    void aTailIsRecoveredAndASegmentRepairedFromTheFiles() throws Exception {
        Wal lost = Wal.open(storage, OPTIONS);
        fill(lost, 15);
        NoMappings left = new NoMappings(FaultyStorage.of(disk.contents()));
        left.refuses = true;
        try (Wal wal = Wal.open(left, OPTIONS)) {
            checkAll(wal);
            FaultyStorage noCopies = new FaultyStorage();
            wal.repair(new LsnRange(0, wal.endLsn()), noCopies); // nothing is damaged, and so nothing wanted
            checkAll(wal);
        }
        lost.close();
    }

    /** Frames that do not count any more lie between the last one that does and the table. */
    @Test
    void afterATruncationWithinASegmentTheLastFrameIsRead() throws Exception {
        try (Wal wal = Wal.open(storage, OPTIONS)) {
            storage.refuses = true;
            fill(wal, 8);
            wal.truncateAfter(3);
            written.subList(4, written.size()).clear();
            checkAll(wal);
            fill(wal, 15);
            checkAll(wal);
        }
        storage.refuses = false;
        try (Wal wal = Wal.open(storage, OPTIONS)) {
            storage.refuses = true;
            checkAll(wal);
        }
    }

    @Test
    void damageInTheTableOrInAFrameIsFound() throws Exception {
        try (Wal wal = Wal.open(storage, OPTIONS)) {
            storage.refuses = true;
            fill(wal, 10);
            byte[] good = Objects.requireNonNull(disk.contents().get(Segment.name(0)));
            int row = good.length - SegmentTrailer.FOOTER_BYTES - SegmentTrailer.ROW_BYTES;
            try (StorageFile file = disk.open(Segment.name(0), true)) {
                file.write(ByteBuffer.wrap(new byte[] {7}), row + 4);
                assertThatThrownBy(() -> wal.read(written.size() - 1)).isInstanceOf(WalCorruptException.class);
                file.write(ByteBuffer.wrap(new byte[] {good[row + 4]}), row + 4);
                file.write(ByteBuffer.wrap(new byte[] {7}), 4096 + 50);
                assertThatThrownBy(() -> wal.read(0)).isInstanceOf(WalCorruptException.class);
                file.setLength(row);
                assertThatThrownBy(() -> wal.read(written.size() - 1)).isInstanceOf(WalCorruptException.class);
            }
        }
    }
}
