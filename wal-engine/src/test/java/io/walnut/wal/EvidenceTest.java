package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.format.FrameFormat;
import io.walnut.wal.io.FaultyStorage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/** What proves that a record that cannot be read had been durable, and what only looks like it. */
class EvidenceTest {
    private static final String SEGMENT = "00000000000000000000.seg";
    private static final int FIRST = 4096;
    private static final int SECOND = 8192;
    private static final int SALT = 38; // the first one that the options make
    private static final int FOREIGN_SALT = 4711;

    /** A frame like one that was written when every LSN below 90 was durable. */
    private static byte[] frame(int salt) {
        int length = 64;
        ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        FrameFormat.begin(bytes, 0, length, FrameFormat.RECORD_HEADER_BYTES + 4, 100, 1);
        bytes.position(FrameFormat.HEADER_BYTES);
        FrameFormat.putRecordHeader(bytes, 4, 1);
        FrameFormat.finish(bytes, 0, 90, salt, new CRC32C());
        return bytes.array();
    }

    /** A record, and then one whose payload holds a frame at a multiple of 8: each in a write of its own, or in one. */
    private static Map<String, byte[]> withAFrameInAPayload(int salt, boolean oneWrite) throws WalException {
        FaultyStorage storage = new FaultyStorage();
        Wal wal = Wal.open(storage, Logs.inline());
        if (oneWrite) {
            wal.enqueue(Logs.batch("durable"));
        } else {
            wal.append(Logs.batch("durable"));
        }
        byte[] payload = new byte[3000];
        System.arraycopy(frame(salt), 0, payload, 4, 64);
        assertThat((FrameFormat.HEADER_BYTES + FrameFormat.RECORD_HEADER_BYTES + 4) % 8)
                .isZero();
        wal.append(Batch.of(1, ByteBuffer.wrap(payload)));
        Map<String, byte[]> files = storage.contents();
        assertThat(ByteBuffer.wrap(segment(files))
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .getInt(FIRST + 24))
                .isEqualTo(SALT);
        return files;
    }

    private static byte[] segment(Map<String, byte[]> files) {
        return Objects.requireNonNull(files.get(SEGMENT));
    }

    private static Wal open(Map<String, byte[]> files) throws WalException {
        return Wal.open(FaultyStorage.of(files), Logs.inline());
    }

    @Test
    void aFrameOfAnotherSegmentInATornRecordProvesNothing() throws Exception {
        Map<String, byte[]> files = withAFrameInAPayload(FOREIGN_SALT, false);
        Arrays.fill(segment(files), SECOND, SECOND + 40, (byte) 0); // the header of the frame did not arrive
        assertThat(Logs.contents(open(files))).containsExactly("durable");
    }

    @Test
    void aFrameInsideOfTheTornRecordProvesNothingWhateverItsSalt() throws Exception {
        Map<String, byte[]> files = withAFrameInAPayload(SALT, false);
        Arrays.fill(segment(files), SECOND + 1024, SECOND + 1536, (byte) 1); // a sector of the payload did not arrive
        assertThat(Logs.contents(open(files))).containsExactly("durable");
    }

    @Test
    void aFrameInATornFirstWriteProvesNothing() throws Exception {
        Map<String, byte[]> files = withAFrameInAPayload(FOREIGN_SALT, true);
        Arrays.fill(segment(files), 0, FIRST + 64, (byte) 0);
        assertThat(Logs.contents(open(files))).isEmpty();
    }

    @Test
    void aLaterFrameOfTheSegmentProvesIt() throws Exception {
        for (int at :
                new int[] {FIRST + 4, FIRST + 50, SECOND + 4, SECOND + 5, SECOND + 28, SECOND + 29, SECOND + 200}) {
            for (int bit = 0; bit < Byte.SIZE; bit++) {
                Map<String, byte[]> files = fourDurableRecords();
                segment(files)[at] ^= (byte) (1 << bit);
                assertThatThrownBy(() -> open(files))
                        .as("bit " + bit + " of byte " + at)
                        .isInstanceOf(WalCorruptException.class);
            }
        }
    }

    @Test
    void aLaterFrameProvesItEvenWhenTheHeaderIsLost() throws Exception {
        Map<String, byte[]> headerLost = fourDurableRecords();
        segment(headerLost)[20] ^= 1;
        assertThatThrownBy(() -> open(headerLost)).isInstanceOf(WalCorruptException.class);

        Map<String, byte[]> firstFrameLostToo = fourDurableRecords();
        Arrays.fill(segment(firstFrameLostToo), 0, SECOND, (byte) 0);
        assertThatThrownBy(() -> open(firstFrameLostToo)).isInstanceOf(WalCorruptException.class);
    }

    private static Map<String, byte[]> fourDurableRecords() throws WalException {
        FaultyStorage storage = new FaultyStorage();
        Wal wal = Wal.open(storage, Logs.inline());
        wal.append(Logs.batch("0"));
        wal.append(Logs.batch("1" + "x".repeat(300)));
        wal.append(Logs.batch("2"));
        wal.append(Logs.batch("3"));
        return storage.contents();
    }
}
