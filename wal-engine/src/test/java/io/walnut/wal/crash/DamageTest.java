package io.walnut.wal.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.Batch;
import io.walnut.wal.Wal;
import io.walnut.wal.WalCorruptException;
import io.walnut.wal.io.FaultyStorage;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A directory that was left without a close, one of its files damaged: what comes back is a prefix, or a typed refusal. */
class DamageTest {
    private static final int RECORDS = 6;

    @Test
    void aFileCutAnywhereGivesAPrefixOrIsReported() throws Exception {
        Map<String, byte[]> whole = leftWithoutAClose();
        for (String name : whole.keySet()) {
            byte[] bytes = whole.get(name);
            for (int length = 0; length < bytes.length; length += length % 4096 < 64 ? 1 : 61) {
                check(whole, name, Arrays.copyOf(bytes, length), "cut at " + length);
            }
        }
    }

    @Test
    void aFlippedBitGivesAPrefixOrIsReported() throws Exception {
        Map<String, byte[]> whole = leftWithoutAClose();
        for (String name : whole.keySet()) {
            byte[] bytes = whole.get(name);
            for (int at = 0; at < bytes.length; at += at % 4096 < 128 ? 1 : 97) {
                byte[] flipped = bytes.clone();
                flipped[at] ^= (byte) (1 << at % Byte.SIZE);
                check(whole, name, flipped, "bit " + at % Byte.SIZE + " of byte " + at + " flipped");
            }
        }
    }

    private static Map<String, byte[]> leftWithoutAClose() throws Exception {
        FaultyStorage storage = new FaultyStorage();
        Wal wal = Wal.open(storage, Scenario.options());
        for (int i = 0; i < RECORDS; i++) {
            wal.append(Batch.of(i, ByteBuffer.wrap(new byte[] {(byte) i, 2, 3})));
            if (i == 2) {
                wal.roll();
            }
        }
        return storage.contents();
    }

    private static void check(Map<String, byte[]> whole, String name, byte[] damaged, String what) throws Exception {
        Map<String, byte[]> files = new HashMap<>(whole);
        files.put(name, damaged);
        try {
            LogModel found = Scenario.contents(Wal.open(FaultyStorage.of(files), Scenario.options()));
            assertThat(found.startLsn()).as(name + " " + what).isZero();
            for (int i = 0; i < found.records().size(); i++) {
                assertThat(found.records().get(i).tag()).as(name + " " + what).isEqualTo(i);
            }
            // The first segment is sealed and listed: nothing of it may go without a word.
            assertThat(found.records()).as(name + " " + what).hasSizeBetween(3, RECORDS);
        } catch (WalCorruptException e) {
            // found at open, or, in a sealed segment, when it is read
            assertThat(e.getMessage()).containsAnyOf("othing was changed", "is corrupt");
        }
    }
}
