package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.format.SegmentHeader;
import io.walnut.wal.format.SegmentTrailer;
import io.walnut.wal.io.FaultyStorage;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Files from elsewhere may be anything, and are somebody else's until the log has them. */
class AdoptionTest {
    private static final Path FIRST = Path.of("/elsewhere/first");
    private static final Path SECOND = Path.of("/elsewhere/second");

    private final FaultyStorage storage = new FaultyStorage();
    private Wal wal;

    /** LSNs 0 to 2, of which only 0 and 1 came to be part of their log, and 2 and 3. */
    @BeforeEach
    void twoSegmentsFromElsewhere() throws Exception {
        FaultyStorage elsewhere = new FaultyStorage();
        try (Wal other = Wal.open(elsewhere, Logs.inline())) {
            other.append(Logs.batch("a"));
            other.append(Logs.batch("b"));
            other.append(Logs.batch("cut away"));
            other.truncateAfter(1);
            other.append(Logs.batch("c", "d"));
        }
        List<String> names = elsewhere.contents().keySet().stream()
                .filter(name -> name.endsWith(".seg"))
                .sorted()
                .toList();
        assertThat(names).hasSize(2);
        storage.putOutside(FIRST, Objects.requireNonNull(elsewhere.contents().get(names.getFirst())));
        storage.putOutside(SECOND, Objects.requireNonNull(elsewhere.contents().get(names.getLast())));
        wal = Wal.open(storage, Logs.inline());
        wal.append(Logs.batch("own"));
    }

    @Test
    void whatIsAdoptedIsDurableWhoeverWroteIt() throws Exception {
        wal.adopt(List.of(FIRST, SECOND), 4);
        assertThat(Logs.contents(wal)).containsExactly("a", "b", "c", "d");
        try (Wal after = Wal.open(FaultyStorage.of(storage.durable()), Logs.inline())) {
            assertThat(Logs.contents(after)).containsExactly("a", "b", "c", "d");
        }
    }

    @Test
    void segmentsThatAreNotInOrderAreRefused() throws Exception {
        assertThatThrownBy(() -> wal.adopt(List.of(SECOND, FIRST), 3)).isInstanceOf(WalCorruptException.class);
        assertThatTheLogIsAsItWas();
    }

    /** Its checksums are good: somebody has computed them. */
    @Test
    void aTrailerThatMakesNoSenseIsRefused() throws Exception {
        byte[] good = Objects.requireNonNull(storage.outside(FIRST));
        SegmentHeader header =
                SegmentHeader.read(ByteBuffer.wrap(good, 0, SegmentHeader.BYTES).slice());
        for (long table : new long[] {SegmentHeader.BYTES + 8, 2 * SegmentHeader.BYTES + 4088}) {
            ByteBuffer trailer = new SegmentTrailer(
                            header.baseLsn(), 1, header.salt(), table, new long[] {0}, new long[] {4096}, 0)
                    .encode();
            byte[] bad = Arrays.copyOf(good, (int) table + trailer.remaining());
            trailer.get(bad, (int) table, bad.length - (int) table);
            Path path = Path.of("/elsewhere/bad" + table);
            storage.putOutside(path, bad);
            assertThatThrownBy(() -> wal.adopt(List.of(path), 1)).isInstanceOf(WalCorruptException.class);
            assertThatTheLogIsAsItWas();
        }
    }

    private void assertThatTheLogIsAsItWas() throws WalException {
        long lsn = wal.append(Logs.batch("goes on"));
        assertThat(Logs.text(wal.read(lsn))).isEqualTo("goes on");
        assertThat(Logs.text(wal.read(0))).isEqualTo("own");
    }
}
