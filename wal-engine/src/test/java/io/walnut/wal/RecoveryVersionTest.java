package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.io.FaultyStorage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.Objects;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Files of a version that this program does not know are neither torn nor corrupt: the open is refused and nothing is changed. */
class RecoveryVersionTest {
    private static final String SEALED = "00000000000000000000.seg";
    private static final String TAIL = "00000000000000000001.seg";
    private static final int BLOCK = 4096;
    private static final int AT_VERSION = 8;
    private static final int AT_CRC = 12;

    private static FaultyStorage aSealedSegmentAndATail(boolean closed) throws WalException {
        FaultyStorage storage = new FaultyStorage();
        Wal wal = Wal.open(storage, Logs.inline());
        wal.append(Logs.batch("sealed"));
        wal.roll();
        wal.append(Logs.batch("tail"));
        if (closed) {
            wal.close();
        }
        return storage;
    }

    private static void makeNewer(Map<String, byte[]> files, String name, int length) {
        ByteBuffer bytes =
                ByteBuffer.wrap(Objects.requireNonNull(files.get(name))).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(AT_VERSION, 2);
        CRC32C crc = new CRC32C();
        crc.update(bytes.slice(0, AT_CRC));
        crc.update(bytes.slice(AT_CRC + 4, length - AT_CRC - 4));
        bytes.putInt(AT_CRC, (int) crc.getValue());
    }

    private static void assertRefused(Map<String, byte[]> files, BackgroundWork work) {
        FaultyStorage storage = FaultyStorage.of(files);
        assertThatThrownBy(() -> Wal.open(storage, Logs.inline().withBackgroundWork(work)))
                .isInstanceOf(UnsupportedVersionException.class)
                .hasMessageContaining("version 2");
        assertThat(storage.contents()).usingRecursiveComparison().isEqualTo(files);
    }

    @ParameterizedTest
    @EnumSource
    void theHeaderOfATailSegment(BackgroundWork work) throws Exception {
        Map<String, byte[]> files = aSealedSegmentAndATail(false).contents();
        makeNewer(files, TAIL, BLOCK);
        assertRefused(files, work);
    }

    @ParameterizedTest
    @EnumSource
    void theHeaderOfASealedSegment(BackgroundWork work) throws Exception {
        Map<String, byte[]> files = aSealedSegmentAndATail(true).contents();
        makeNewer(files, SEALED, BLOCK);
        assertRefused(files, work);
    }

    @ParameterizedTest
    @EnumSource
    void theMarker(BackgroundWork work) throws Exception {
        Map<String, byte[]> files = aSealedSegmentAndATail(true).contents();
        makeNewer(files, "CLEAN", 40);
        assertRefused(files, work);
    }

    @Test
    void recoverySyncsTheDirectoryBeforeItTrustsWhatItSees() throws Exception {
        FaultyStorage storage = FaultyStorage.of(aSealedSegmentAndATail(false).contents());
        try (Wal wal = Wal.open(storage, Logs.inline())) {
            assertThat(storage.trace().getFirst()).isEqualTo("1 SYNC_DIRECTORY ");
            assertThat(Logs.contents(wal)).containsExactly("sealed", "tail");
        }
    }
}
