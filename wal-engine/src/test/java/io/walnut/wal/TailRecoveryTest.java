package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.format.SegmentHeader;
import io.walnut.wal.io.FaultyStorage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A directory left without a close, with one full segment that is not listed yet, one in use, and one that is prepared. */
class TailRecoveryTest {
    private static final String FULL = "00000000000000000000.seg";
    private static final String IN_USE = "00000000000000000001.seg";
    private static final String PREPARED = "00000000000000000002.seg";
    private static final String COPY = "00000000000000000003.seg";
    private static final String LARGE = "x".repeat(10 << 10);
    private static final List<String> RECORDS = List.of("0" + LARGE, "1" + LARGE, "2" + LARGE, "3", "4");

    private Map<String, byte[]> files = Map.of();

    @BeforeEach
    void leaveALogWithoutAClose() throws Exception {
        FaultyStorage storage = new FaultyStorage();
        Wal wal = Wal.open(storage, Logs.inline());
        wal.append(Logs.batch(RECORDS.get(0)));
        wal.append(Logs.batch(RECORDS.get(1)));
        byte[] full = bytes(storage.contents(), FULL);
        byte[] manifest = bytes(storage.contents(), "MANIFEST");
        for (String record : RECORDS.subList(2, 5)) {
            wal.append(Logs.batch(record));
        }
        files = storage.contents();
        files.put(FULL, full);
        files.put("MANIFEST", manifest);
    }

    @Test
    void severalSegmentsThatAreNotListedAreAllRecovered() throws Exception {
        assertRecovered();
    }

    @Test
    void aTrailerThatIsTornDoesNotHideTheSegmentBehind() throws Exception {
        bytes(files, FULL)[28672 + 8] = 1;
        assertRecovered();
    }

    @Test
    void aSegmentOfWhichRecordsAreMissingBeforeTheNextOneIsCorrupt() throws Exception {
        bytes(files, FULL)[20000] ^= 1;
        assertRefused("corrupt");
    }

    @Test
    void aFullSegmentThatIsMissingIsNoticed() throws Exception {
        files.remove(FULL);
        assertRefused("corrupt");
    }

    @Test
    void aSegmentInUseThatWasCutShortIsCorruptAtWhateverLength() {
        int length = bytes(files, IN_USE).length;
        byte[] whole = bytes(files, IN_USE);
        for (int cut = 0; cut < length; cut += cut % 4096 < 128 ? 1 : 61) {
            files.put(IN_USE, Arrays.copyOf(whole, cut));
            assertRefused("corrupt");
        }
    }

    @Test
    void aSegmentThatWasCutShortAndBehindWhichNothingWasPreparedIsCorrupt() {
        files.remove(PREPARED);
        byte[] whole = bytes(files, IN_USE);
        for (int cut = 4096; cut < whole.length; cut += 512) {
            files.put(IN_USE, Arrays.copyOf(whole, cut));
            assertRefused("cut short");
        }
    }

    @Test
    void aPreparedSegmentThatIsShortWasOnlyBeingMade() throws Exception {
        files.put(PREPARED, new byte[100]);
        assertRecovered();
    }

    @Test
    void aSealedSegmentThatIsNotListedIsWholeOnlyWithAllOfItsFrames() throws Exception {
        FaultyStorage storage = FaultyStorage.of(files);
        Wal.open(storage, Logs.inline()).close(); // seals
        files.put(FULL, bytes(storage.contents(), FULL));
        assertRecovered();

        bytes(files, FULL)[5000] ^= 1; // in its first frame
        files.remove(IN_USE);
        assertRefused("its trailer says that it was whole");
    }

    @Test
    void whatNothingVouchesForIsCopiedAndNoFrameIsWrittenOver() throws Exception {
        TailScan frames = scan();
        assertThat(frames.vouchedLsn()).isEqualTo(4);
        FaultyStorage storage = FaultyStorage.of(files);
        Wal.open(storage, Logs.inline());

        byte[] sealed = bytes(storage.contents(), IN_USE);
        int end = (int) frames.endPosition();
        assertThat(Arrays.copyOf(sealed, end)).isEqualTo(Arrays.copyOf(bytes(files, IN_USE), end));
        assertThat(storage.contents()).containsKey(COPY).doesNotContainKey(PREPARED);
        files = storage.contents();
        assertRecovered();
    }

    @Test
    void theCopyIsTakenWhenTheFramesThatItWasMadeOfAreLost() throws Exception {
        FaultyStorage storage = FaultyStorage.of(files);
        Wal.open(storage, Logs.inline());
        byte[] manifest = bytes(files, "MANIFEST");
        byte[] original = bytes(files, IN_USE);
        int copied = (int) scan().index().position(2);
        Arrays.fill(original, copied, original.length, (byte) 0);
        files.putAll(storage.contents());
        files.put("MANIFEST", manifest);
        files.put(IN_USE, original);
        assertRecovered();

        byte[] sealed = bytes(storage.contents(), IN_USE);
        Arrays.fill(sealed, copied, copied + 4096, (byte) 0);
        files.put(IN_USE, sealed);
        assertRecovered();
    }

    private TailScan scan() throws Exception {
        ByteBuffer inUse = ByteBuffer.wrap(bytes(files, IN_USE)).order(ByteOrder.LITTLE_ENDIAN);
        return TailScan.of(inUse, SegmentHeader.read(inUse.slice(0, 4096).order(ByteOrder.LITTLE_ENDIAN)));
    }

    @Test
    void aWriteOfTwoFramesThatIsTornBetweenThemIsRecoveredWhereverTheRecoveryCrashes() throws Exception {
        Map<String, byte[]> torn = tornBetweenTwoFrames();
        FaultyStorage undisturbed = FaultyStorage.of(torn);
        Wal.open(undisturbed, Logs.inline());
        for (long crashAt = 1; crashAt <= undisturbed.operations(); crashAt++) {
            FaultyStorage storage = FaultyStorage.of(torn);
            storage.crashAt(crashAt);
            assertThatThrownBy(() -> Wal.open(storage, Logs.inline())).isInstanceOf(FaultyStorage.Crash.class);
            try (Wal wal = Wal.open(FaultyStorage.of(storage.contents()), Logs.inline())) {
                assertThat(Logs.contents(wal)).as("crash at " + crashAt).containsExactly("acknowledged", "first");
            }
        }
    }

    /** Of the write that held two frames, the first block alone came to the disk: one frame, and a part of the other. */
    private static Map<String, byte[]> tornBetweenTwoFrames() throws WalException {
        FaultyStorage storage = new FaultyStorage();
        Wal wal = Wal.open(storage, Logs.inline());
        wal.append(Logs.batch("acknowledged"));
        wal.enqueue(Logs.batch("first"));
        wal.enqueue(Logs.batch("second" + LARGE));
        wal.awaitDurable(2);
        Map<String, byte[]> torn = storage.contents();
        byte[] segment = bytes(torn, FULL);
        Arrays.fill(segment, 3 * 4096, segment.length, (byte) 0);
        return torn;
    }

    private static byte[] bytes(Map<String, byte[]> files, String name) {
        return Objects.requireNonNull(files.get(name));
    }

    private void assertRecovered() throws WalException {
        try (Wal wal = Wal.open(FaultyStorage.of(files), Logs.inline())) {
            assertThat(Logs.contents(wal)).isEqualTo(RECORDS);
            assertThat(wal.append(Logs.batch("next"))).isEqualTo(RECORDS.size());
        }
    }

    private void assertRefused(String message) {
        FaultyStorage storage = FaultyStorage.of(files);
        assertThatThrownBy(() -> Wal.open(storage, Logs.inline()))
                .isInstanceOf(WalCorruptException.class)
                .hasMessageContaining(message);
        Map<String, byte[]> after = storage.contents();
        assertThat(after.keySet()).isEqualTo(files.keySet());
        files.forEach((name, bytes) -> assertThat(bytes(after, name)).as(name).isEqualTo(bytes));
    }
}
