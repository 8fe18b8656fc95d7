package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.FaultyStorage.Kind;
import io.walnut.wal.io.StorageFullException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A disk that is full while the log works in the background, and has room again later. */
@Timeout(30)
class FullDiskTest {
    private static final String LARGE = "x".repeat(10 << 10);

    private final FaultyStorage storage = new FaultyStorage();
    private final List<String> appended = new ArrayList<>();

    /** A write into a file that is there already, zero-filled, needs no room; anything longer or new does. */
    private void fill() {
        storage.refuse((_, kind, name) -> {
            boolean header = name.endsWith(" at 0 for 16384") || name.endsWith(" for 12288");
            if (kind == Kind.CREATE || (kind == Kind.WRITE && !header)) {
                throw new StorageFullException("no space for " + kind + " " + name);
            }
        });
    }

    private void append(Wal wal) throws WalException {
        String payload = appended.size() + LARGE;
        assertThat(wal.append(Logs.batch(payload))).isEqualTo(appended.size());
        appended.add(payload);
    }

    private void appendUntilFull(Wal wal) {
        assertThatThrownBy(() -> {
                    while (appended.size() < 100) {
                        append(wal);
                    }
                })
                .isInstanceOf(WalStorageFullException.class);
    }

    @Test
    void appendsThatHaveRoomGoOnAndTheOthersWorkAgainWhenThereIsSpace() throws Exception {
        try (Wal wal = Wal.open(storage, Logs.inline())) {
            append(wal);
            fill();
            append(wal); // room in the active segment
            append(wal); // and in the prepared one
            append(wal);
            appendUntilFull(wal);
            assertThatThrownBy(() -> wal.append(Logs.batch(LARGE))).isInstanceOf(WalStorageFullException.class);
            assertThat(Logs.contents(wal)).isEqualTo(appended);
            assertThat(wal.stats().sealedSegments()).isZero();

            storage.refuse((_, _, _) -> {});
            for (int i = 0; i < 6; i++) {
                append(wal);
            }
            assertThat(wal.stats().sealedSegments()).isEqualTo(wal.stats().segments() - 1);
            assertThat(Logs.contents(wal)).isEqualTo(appended);
        }
        assertThatAReopenFindsThem();
    }

    @Test
    void segmentsThatCouldNotBeSealedAreRecoveredAfterACrash() throws Exception {
        Wal wal = Wal.open(storage, Logs.inline());
        append(wal);
        fill();
        appendUntilFull(wal);
        assertThat(wal.stats().sealedSegments()).isZero();

        try (Wal again = Wal.open(FaultyStorage.of(storage.contents()), Logs.inline())) {
            assertThat(Logs.contents(again)).isEqualTo(appended);
        }
    }

    @Test
    void theLogsOwnThreadTriesAgain() throws Exception {
        try (Wal wal = Wal.open(storage, Logs.threads())) {
            append(wal);
            Logs.await(
                    "the next segment is prepared",
                    () -> storage.trace().toString().contains("SYNC 00000000000000000001.seg"));
            fill();
            appendUntilFull(wal);

            storage.refuse((_, _, _) -> {});
            Logs.await("a segment is sealed", () -> wal.stats().sealedSegments() > 0);
            append(wal);
        }
        assertThatAReopenFindsThem();
    }

    @Test
    void aSyncThatFailsWhileSealingPoisonsForGood() throws Exception {
        Wal wal = Wal.open(storage, Logs.inline());
        append(wal);
        append(wal);
        int[] syncs = {0};
        storage.refuse((_, kind, name) -> {
            if (kind == Kind.SYNC && name.startsWith("0000") && ++syncs[0] == 2) {
                throw new IOException("planted");
            }
        });
        append(wal); // its own sync is the first, that of the seal the second
        storage.refuse((_, _, _) -> {});
        assertThatThrownBy(() -> wal.append(Logs.batch("no"))).isInstanceOf(WalPoisonedException.class);
        wal.close();
        assertThatAReopenFindsThem();
    }

    private void assertThatAReopenFindsThem() throws WalException {
        try (Wal again = Wal.open(storage, Logs.inline())) {
            assertThat(Logs.contents(again)).isEqualTo(appended);
            append(again);
        }
    }
}
