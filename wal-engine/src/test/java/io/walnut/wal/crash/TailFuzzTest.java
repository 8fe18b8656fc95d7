package io.walnut.wal.crash;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.walnut.wal.Batch;
import io.walnut.wal.Wal;
import io.walnut.wal.WalException;
import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.QuietLog;
import io.walnut.wal.segment.Segment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.provider.MethodSource;

/** Any bytes as the tail segment of a log: it opens, and what it gives can be read and appended to; or it refuses by its type. */
@ExtendWith(QuietLog.class)
@Tag("jazzer")
class TailFuzzTest {
    private static final int MAX_BYTES = 1 << 16;

    private static Map<String, byte[]> files() throws WalException {
        FaultyStorage storage = new FaultyStorage();
        Wal wal = Wal.open(storage, DamagedFile.options(1));
        wal.append(Batch.of(1, ByteBuffer.wrap(new byte[] {1, 2, 3})));
        wal.append(Batch.of(2, ByteBuffer.allocate(100)).add(3, ByteBuffer.allocate(0)));
        return storage.contents();
    }

    static Stream<byte[]> tails() throws WalException {
        byte[] tail = Objects.requireNonNull(files().get(Segment.name(0)));
        byte[] torn = tail.clone();
        torn[2 * 4096 + 60] ^= 1;
        return Stream.of(tail, torn, Arrays.copyOf(tail, 5000));
    }

    @MethodSource("tails")
    @FuzzTest
    void tail(byte[] input) throws Exception {
        if (input.length > MAX_BYTES) {
            return;
        }
        Map<String, byte[]> files = files();
        files.put(Segment.name(0), input);
        FaultyStorage storage = FaultyStorage.of(files);
        try {
            Wal wal = Wal.open(storage, DamagedFile.options(1));
            LogModel found = Scenario.contents(wal);
            wal.append(Batch.of(7, ByteBuffer.wrap(new byte[] {9})));
            wal.close();
            LogModel again = Scenario.contents(Wal.open(FaultyStorage.of(storage.contents()), DamagedFile.options(1)));
            if (!again.truncatedAfter(found.endLsn() - 1).equals(found) || again.endLsn() != found.endLsn() + 1) {
                throw new AssertionError("found " + found + ", then " + again);
            }
        } catch (WalException e) {
            // typed
        }
    }
}
