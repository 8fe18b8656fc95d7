package io.walnut.wal.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.BackgroundWork;
import io.walnut.wal.Batch;
import io.walnut.wal.Compaction;
import io.walnut.wal.Cursor;
import io.walnut.wal.Wal;
import io.walnut.wal.WalException;
import io.walnut.wal.WalGapException;
import io.walnut.wal.WalLockedException;
import io.walnut.wal.WalOptions;
import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.record.BatchView;
import io.walnut.wal.record.BatchWriter;
import io.walnut.wal.recovery.RecoveryPolicy;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The newest of each key stays where it is, and is all that stays; a log of something else stays as it is. */
class CompactionByKeyTest {
    private static final long NOW_MS = 1_000_000;
    private static final long KEPT_MS = 1_000;

    @TempDir
    Path directory;

    private static WalOptions options() {
        return WalOptions.defaults().withSizes(32 << 10, 12 << 10, 64 << 10).withBackgroundWork(BackgroundWork.INLINE);
    }

    private static byte[] key(int key) {
        return new byte[] {(byte) key, (byte) (key >> 8)};
    }

    /** What a reader that takes all records, one after the other, has in the end. */
    private static Map<Integer, Long> state(Wal wal) throws Exception {
        Map<Integer, Long> state = new TreeMap<>();
        BatchView view = new BatchView();
        try (Cursor cursor = wal.cursor(wal.startLsn())) {
            while (cursor.next()) {
                view.over(cursor.payload());
                while (view.next()) {
                    ByteBuffer key = view.key();
                    if (key == null) {
                        continue;
                    }
                    int number = Byte.toUnsignedInt(key.get(0)) | Byte.toUnsignedInt(key.get(1)) << 8;
                    if (view.deletes()) {
                        state.remove(number);
                    } else {
                        state.put(number, view.value().getLong());
                    }
                }
            }
        }
        return state;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void aReaderHasTheSameInTheEndHoweverOftenItIsCompacted(int mostInAPayload) throws Exception {
        Random random = new Random(11);
        FaultyStorage storage = new FaultyStorage();
        try (Wal wal = Wal.open(storage, options())) {
            long serial = 0;
            for (int round = 0; round < 4; round++) {
                for (int i = 0; i < 300; i++) {
                    Batch batch = new Batch();
                    for (int j = random.nextInt(5); j >= 0; j--) {
                        batch.add(1, payload(random, serial++, mostInAPayload));
                    }
                    wal.append(batch);
                }
                wal.roll();
                Map<Integer, Long> before = state(wal);
                Compaction done = wal.compact(
                        Long.MAX_VALUE, CompactionByKey.of(wal, Duration.ofMillis(KEPT_MS), NOW_MS), progress -> true);
                assertThat(done.recordsDropped()).isPositive();
                assertThat(state(wal)).isEqualTo(before);
                assertNothingIsKeptInVain(wal, mostInAPayload == 1);
            }
        }
    }

    /** Several records: a payload with one that lives keeps the others. */
    private static ByteBuffer payload(Random random, long serial, int most) {
        BatchWriter writer = new BatchWriter();
        for (int i = random.nextInt(most); i >= 0; i--) {
            byte[] key = key(random.nextInt(300));
            long timeMs = NOW_MS - random.nextInt((int) (2 * KEPT_MS));
            if (random.nextInt(4) == 0) {
                writer.delete(key, List.of(), timeMs);
            } else {
                writer.put(key, ByteBuffer.allocate(8).putLong(serial).array(), List.of(), timeMs, 0);
            }
        }
        return writer.bytes();
    }

    /** In each payload some record is the newest of its key, and, where deletes go, none whose time of grace is over. */
    private static void assertNothingIsKeptInVain(Wal wal, boolean deletesGo) throws Exception {
        Map<ByteBuffer, Long> newest = new HashMap<>();
        Map<Long, List<ByteBuffer>> living = new TreeMap<>();
        BatchView view = new BatchView();
        try (Cursor cursor = wal.cursor(wal.startLsn())) {
            while (cursor.next()) {
                List<ByteBuffer> keys = new ArrayList<>();
                view.over(cursor.payload());
                while (view.next()) {
                    ByteBuffer key = ByteBuffer.allocate(2).put(view.key()).flip();
                    newest.put(key, cursor.lsn());
                    if (!deletesGo || !view.deletes() || NOW_MS - view.timeMs(0) < KEPT_MS) {
                        keys.add(key);
                    }
                }
                living.put(cursor.lsn(), keys);
            }
        }
        living.forEach((lsn, keys) -> assertThat(keys).as("LSN " + lsn).anyMatch(key -> lsn.equals(newest.get(key))));
    }

    @Test
    void deletesAreKeptForAWhileAndThenGo() throws Exception {
        try (Wal wal = Wal.open(new FaultyStorage(), options())) {
            wal.append(Batch.of(1, new BatchWriter().put(key(1), new byte[1]).bytes()));
            wal.append(Batch.of(
                    1, new BatchWriter().delete(key(1), List.of(), NOW_MS - 10).bytes()));
            wal.roll();
            assertThat(lsns(wal, Duration.ofMillis(11))).containsExactly(1L);
            assertThat(lsns(wal, Duration.ofMillis(10))).isEmpty();
        }
    }

    @Test
    void aDeleteStaysWhileARepairMayPutBackWhatItHides() throws Exception {
        FaultyStorage written = new FaultyStorage();
        try (Wal wal = Wal.open(written, options())) {
            wal.append(Batch.of(1, new BatchWriter().put(key(1), new byte[8]).bytes()));
            wal.append(Batch.of(
                    1, new BatchWriter().delete(key(1), List.of(), NOW_MS - 10).bytes()));
        }
        Map<String, byte[]> damaged = written.contents();
        Objects.requireNonNull(damaged.get(Segment.name(0)))[4096 + 60] ^= 1;
        FaultyStorage storage = FaultyStorage.of(damaged);
        RecoveryPolicy givesUp = RecoveryPolicy.defaults().withOnCorruption(RecoveryPolicy.OnCorruption.QUARANTINE);
        WalOptions full = options().withVerification(WalOptions.Verification.FULL);
        try (Wal wal = Wal.open(storage, full.withRecovery(givesUp))) {
            assertThatThrownBy(() -> wal.read(0)).isInstanceOf(WalGapException.class);
            wal.compact(Long.MAX_VALUE, CompactionByKey.of(wal, Duration.ZERO, NOW_MS), progress -> true);
        }
        try (Wal wal =
                Wal.open(storage, full.withRecovery(RecoveryPolicy.defaults().withCopies(written)))) {
            assertThat(wal.read(0)).isNotNull();
            assertThat(state(wal)).isEmpty();
        }
    }

    private static List<Long> lsns(Wal wal, Duration keepDeletes) throws Exception {
        wal.compact(Long.MAX_VALUE, CompactionByKey.of(wal, keepDeletes, NOW_MS), progress -> true);
        List<Long> lsns = new ArrayList<>();
        try (Cursor cursor = wal.cursor(0)) {
            while (cursor.next()) {
                lsns.add(cursor.lsn());
            }
        }
        return lsns;
    }

    @Test
    void aLogOfSomethingElseIsRefusedAndStaysAsItIs() throws Exception {
        try (Wal wal = Wal.open(directory, options())) {
            wal.append(Batch.of(1, new BatchWriter().put(key(1), new byte[1]).bytes()));
            wal.append(Batch.of(1, ByteBuffer.wrap(new byte[] {8, 1})));
        }
        assertThatThrownBy(() -> WalCompact.run(directory, Optional.of(Duration.ZERO), progress -> true))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("LSN 1 is no batch of the record codec");
        try (Wal wal = Wal.open(directory, options())) {
            assertThat(wal.read(0)).isNotNull();
            assertThat(wal.read(1)).isNotNull();
        }
    }

    @Test
    void aLogThatIsOpenIsRefused() throws WalException {
        try (Wal wal = Wal.open(directory, options())) {
            wal.append(Batch.of(1, ByteBuffer.allocate(1)));
            assertThatThrownBy(() -> WalCompact.run(directory, Optional.empty(), progress -> true))
                    .isInstanceOf(WalLockedException.class);
        }
    }
}
