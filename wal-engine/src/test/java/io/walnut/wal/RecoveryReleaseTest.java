package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.ForwardingStorage;
import io.walnut.wal.io.Storage;
import io.walnut.wal.io.StorageFile;
import java.io.IOException;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A refused open leaves no file open: a service that tries again and again would run out of descriptors. */
class RecoveryReleaseTest {
    private static final String SEALED = "00000000000000000000.seg";
    private static final int BLOCK = 4096;

    /** Where the damage is: in the header, in the frames, in the footer. */
    @ParameterizedTest
    @CsvSource({"0", "4100", "-5"})
    void aDamagedSegmentIsClosed(int position) throws Exception {
        FaultyStorage good = new FaultyStorage();
        try (Wal wal = Wal.open(good, Logs.inline())) {
            wal.append(Logs.batch("one"));
            wal.roll();
            wal.append(Logs.batch("two"));
        }
        Map<String, byte[]> files = good.contents();
        byte[] sealed = Objects.requireNonNull(files.get(SEALED));
        assertThat(sealed.length).isGreaterThan(BLOCK);
        sealed[position < 0 ? sealed.length + position : position] ^= 1;
        CountingStorage storage = new CountingStorage(FaultyStorage.of(files));

        assertThatThrownBy(() -> Wal.open(storage, Logs.inline().withVerification(WalOptions.Verification.FULL)))
                .isInstanceOf(WalCorruptException.class);

        assertThat(storage.open).isEmpty();
    }

    /** Whatever operation of the open it strikes. */
    @Test
    void anErrorGivesFilesAndDirectoryFree() throws Exception {
        FaultyStorage left = new FaultyStorage();
        Wal wal = Wal.open(left, Logs.inline());
        wal.append(Logs.batch("one"));
        wal.roll();
        wal.append(Logs.batch("two"));
        int[] until = {0};
        for (int nth = 1; until[0] <= 0; nth++) {
            FaultyStorage faulty = FaultyStorage.of(left.contents());
            CountingStorage storage = new CountingStorage(faulty);
            until[0] = nth;
            faulty.refuse((_, _, _) -> {
                if (--until[0] == 0) {
                    throw new OutOfMemoryError("planted");
                }
            });
            try {
                Wal.open(storage, Logs.inline()).close(); // it got no further than to the next segment, which can wait
            } catch (OutOfMemoryError | WalIoException e) { // the latter where memory is known to run out
                assertThat(storage.open).as("error number %d", nth).isEmpty();
            }
            storage.lock().close();
        }
    }

    @Test
    void anInterruptedOpenClosesWhatOthersHaveOpenedForIt() throws Exception {
        FaultyStorage left = new FaultyStorage();
        try (Wal wal = Wal.open(left, Logs.inline())) {
            for (int i = 0; i < 20; i++) {
                wal.append(Logs.batch("record " + i));
                wal.roll();
            }
        }
        CountingStorage storage = new CountingStorage(left);
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> Wal.open(storage, Logs.threads())).isInstanceOf(WalIoException.class);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(storage.open).isEmpty();
        Wal.open(storage, Logs.threads()).close();
    }

    private static final class CountingStorage extends ForwardingStorage {
        private final Set<StorageFile> open = ConcurrentHashMap.newKeySet();

        CountingStorage(Storage storage) {
            super(storage);
        }

        @Override
        protected StorageFile wrap(String name, StorageFile file) {
            StorageFile counted = new ForwardingFile(file) {
                @Override
                public void close() throws IOException {
                    open.remove(this);
                    super.close();
                }
            };
            open.add(counted);
            return counted;
        }
    }
}
