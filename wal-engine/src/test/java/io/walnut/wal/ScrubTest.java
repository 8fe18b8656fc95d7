package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.ForwardingStorage;
import io.walnut.wal.io.QuietLog;
import io.walnut.wal.io.Storage;
import io.walnut.wal.io.StorageFile;
import io.walnut.wal.recovery.ScrubCoverage;
import io.walnut.wal.recovery.ScrubFinding;
import io.walnut.wal.segment.Segment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(QuietLog.class)
class ScrubTest {
    private static final int BLOCK = 4096;
    private static final int RECORDS = 5;
    private static final long QUICK = 1L << 40;
    private static final String SEALED = Segment.name(0);

    @Test
    void aGoodLogIsCoveredAgainAndAgainWhileItIsWritten(@TempDir Path directory) throws Exception {
        List<ScrubFinding> findings = new CopyOnWriteArrayList<>();
        try (Wal wal = Wal.open(directory, Logs.threads());
                Scrub scrub = wal.scrub(QUICK, findings::add)) {
            for (int i = 0; i < 40; i++) {
                wal.append(Logs.batch(i + "x".repeat(3000 + 97 * i)));
                if (i == 20) {
                    wal.trimBefore(10);
                }
            }
            wal.roll();
            long before = scrub.coverage().passes();
            Logs.await("a pass has seen all", () -> scrub.coverage().passes() > before + 1);
            ScrubCoverage coverage = scrub.coverage();
            assertThat(coverage.segments()).isPositive();
            assertThat(coverage.bytes()).isGreaterThan(30 * 3000);
            assertThat(coverage.nanosOfLastPass()).isPositive();
            Logs.await("a pass comes to the end", () -> scrub.coverage().passLsn() == wal.endLsn());
        }
        assertThat(findings).isEmpty();
    }

    /** Where the damage is, and the LSNs that are said to be damaged. */
    @ParameterizedTest
    @CsvSource({"8200, 1, 2", "4100, 0, 1", "20490, 4, 5", "20, 0, 5", "-20, 0, 5", "-70, 0, 5"})
    void damageIsToldWithItsLsns(int position, long fromLsn, long toLsn) throws Exception {
        FaultyStorage good = sealed();
        Map<String, byte[]> files = good.contents();
        byte[] bytes = Objects.requireNonNull(files.get(SEALED));
        FaultyStorage storage = FaultyStorage.of(files);
        List<ScrubFinding> findings = new CopyOnWriteArrayList<>();
        try (Wal wal = Wal.open(storage, Logs.inline())) {
            int at = position < 0 ? bytes.length + position : position;
            storage.open(SEALED, true).write(ByteBuffer.wrap(new byte[] {(byte) (bytes[at] ^ 1)}), at);
            try (Scrub scrub = wal.scrub(QUICK, findings::add)) {
                Logs.await("a pass is done", () -> scrub.coverage().passes() > 0);
                assertThat(scrub.coverage().findings()).isPositive();
            }
        }
        ScrubFinding finding = findings.getFirst();
        assertThat(finding.segmentId()).isZero();
        assertThat(finding.fromLsn()).isEqualTo(fromLsn);
        assertThat(finding.toLsn()).isEqualTo(toLsn);
        assertThat(finding.unreadable()).isFalse();
    }

    @Test
    void anObserverThatFailsDoesNotKeepItFromTheListener() throws Exception {
        Map<String, byte[]> files = sealed().contents();
        Objects.requireNonNull(files.get(SEALED))[8200] ^= 1;
        WalObserver broken = new WalObserver() {
            @Override
            public void corrupt(LsnRange lsns) {
                throw new IllegalStateException("a broken observer");
            }
        };
        List<ScrubFinding> findings = new CopyOnWriteArrayList<>();
        try (Wal wal = Wal.open(FaultyStorage.of(files), Logs.inline().withObserver(broken));
                Scrub scrub = wal.scrub(QUICK, findings::add)) {
            Logs.await("a pass is done", () -> scrub.coverage().passes() > 0);
        }
        assertThat(findings).isNotEmpty();
    }

    @Test
    void aPageThatTheDiskDoesNotGiveBackIsToldAsSuchAndTheRestIsRead() throws Exception {
        List<ScrubFinding> findings = new CopyOnWriteArrayList<>();
        try (Wal wal = Wal.open(new Unreadable(FaultyStorage.of(sealed().contents()), 2 * BLOCK), Logs.inline());
                Scrub scrub = wal.scrub(QUICK, findings::add)) {
            Logs.await("a pass is done", () -> scrub.coverage().passes() > 0);
        }
        assertThat(findings).isNotEmpty().allMatch(finding -> finding.unreadable() && finding.fromLsn() <= 1);
    }

    @Test
    void aFileCutBehindTheLogsBackIsFound(@TempDir Path directory) throws Exception {
        List<ScrubFinding> findings = new CopyOnWriteArrayList<>();
        try (Wal wal = Wal.open(directory, Logs.threads())) {
            wal.append(Logs.batch("0" + "x".repeat(6000)));
            wal.append(Logs.batch("1" + "x".repeat(6000)));
            wal.roll();
            Files.write(directory.resolve(SEALED), new byte[] {1});
            try (Scrub scrub = wal.scrub(QUICK, findings::add)) {
                Logs.await("a pass is done", () -> scrub.coverage().passes() > 0);
            }
            assertThat(wal.append(Logs.batch("2"))).isEqualTo(2);
        }
        assertThat(findings).anyMatch(finding -> finding.fromLsn() == 0 && finding.toLsn() == 2);
    }

    @Test
    void aLogThatIsToldToScrubsByItselfAndTellsItsObserver() throws Exception {
        FaultyStorage storage = FaultyStorage.of(sealed().contents());
        List<LsnRange> corrupt = new CopyOnWriteArrayList<>();
        WalOptions options = Logs.threads()
                .withScrubbing(Scrubbing.every(Duration.ofMillis(1), QUICK))
                .withObserver(new WalObserver() {
                    @Override
                    public void corrupt(LsnRange lsns) {
                        corrupt.add(lsns);
                    }
                });
        try (Wal wal = Wal.open(storage, options)) {
            Logs.await("a pass is done", () -> wal.stats().scrub().passes() > 0);
            assertThat(corrupt).isEmpty();
            assertThat(wal.stats().scrub().bytes()).isGreaterThan(RECORDS * BLOCK);
            storage.open(SEALED, true).write(ByteBuffer.wrap(new byte[] {7}), 2 * BLOCK + 60);
            Logs.await("it is found", () -> wal.stats().scrub().findings() > 0);
            assertThat(corrupt).contains(new LsnRange(1, 2));
        }
    }

    @Test
    void aPassWaitsForItsInterval() throws Exception {
        WalOptions options = Logs.threads().withScrubbing(Scrubbing.every(Duration.ofDays(1), QUICK));
        try (Wal wal = Wal.open(FaultyStorage.of(sealed().contents()), options);
                Scrub other = wal.scrub(QUICK, finding -> {})) {
            Logs.await("another one has passed often", () -> other.coverage().passes() > 3);
            Logs.await("the first pass is done", () -> wal.stats().scrub().passes() == 1);
        }
    }

    @Test
    void withoutBeingToldALogDoesNotScrub() throws Exception {
        try (Wal wal = Wal.open(FaultyStorage.of(sealed().contents()), Logs.threads())) {
            assertThat(wal.stats().scrub()).isEqualTo(ScrubCoverage.NONE);
        }
        assertThatThrownBy(() -> Scrubbing.every(Duration.ofDays(1), 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void closingTheLogEndsTheScrubWhereverItIs(@TempDir Path directory) throws Exception {
        Wal wal = Wal.open(directory, Logs.threads());
        wal.append(Logs.batch("0" + "x".repeat(6000)));
        wal.roll();
        Scrub scrub = wal.scrub(1, finding -> {}); // it would take hours
        Logs.await("it has begun", () -> scrub.coverage().bytes() > 0);
        wal.close();
        try (Wal again = Wal.open(directory, Logs.threads())) {
            assertThat(again.endLsn()).isEqualTo(1);
        }
        assertThat(scrub.coverage().passes()).isZero();
        scrub.close();
    }

    private static FaultyStorage sealed() throws WalException {
        FaultyStorage storage = new FaultyStorage();
        try (Wal wal = Wal.open(storage, Logs.inline())) {
            for (int i = 0; i < RECORDS; i++) {
                wal.append(Logs.batch("record " + i));
            }
        }
        return storage;
    }

    /** One byte of each segment cannot be read, once the log is open. */
    private static final class Unreadable extends ForwardingStorage {
        private final long bad;

        Unreadable(Storage storage, long bad) {
            super(storage);
            this.bad = bad;
        }

        @Override
        protected StorageFile wrap(String name, StorageFile file) {
            return new ForwardingFile(file) {
                @Override
                public int readPastCache(ByteBuffer target, long position) throws IOException {
                    if (position <= bad && bad < position + target.remaining()) {
                        throw new IOException("Input/output error");
                    }
                    return super.readPastCache(target, position);
                }
            };
        }
    }
}
