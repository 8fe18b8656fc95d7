package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Named.named;

import io.walnut.wal.io.FaultyStorage;
import io.walnut.wal.io.FaultyStorage.Kind;
import io.walnut.wal.io.StorageFullException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A change of the segments that fails: before the manifest is replaced the log is as it was, after that nobody knows. */
class WalFailureTest {
    private static final Path TARGET = Path.of("/target");
    private static final Path FOREIGN = Path.of("/foreign/segment");

    private final FaultyStorage storage = new FaultyStorage();
    private Wal wal;

    interface Change {
        void on(Wal wal) throws WalException;
    }

    static Stream<Named<Change>> changes() {
        return Stream.of(
                named("truncateAfter", wal -> wal.truncateAfter(2)),
                named("trimBefore", wal -> wal.trimBefore(2)),
                named("reset", wal -> wal.reset(100)),
                named("roll", Wal::roll),
                named("checkpoint", wal -> wal.checkpoint(TARGET)),
                named("adopt", wal -> wal.adopt(List.of(FOREIGN), 2)));
    }

    @BeforeEach
    void aLogOfThreeSegments() throws Exception {
        try (Wal other = Wal.open(storage, Logs.inline())) {
            other.append(Logs.batch("foreign", "segment"));
        }
        Map<String, byte[]> files = storage.contents();
        storage.putOutside(FOREIGN, Objects.requireNonNull(files.get("00000000000000000000.seg")));
        for (String name : files.keySet()) {
            storage.delete(name);
        }
        wal = Wal.open(storage, Logs.inline());
        wal.append(Logs.batch("0", "1"));
        wal.roll();
        wal.append(Logs.batch("2", "3"));
        wal.roll();
        wal.append(Logs.batch("4"));
    }

    @ParameterizedTest
    @MethodSource("changes")
    void aFullDiskLeavesTheLogAsItWas(Change change) throws Exception {
        String before = storage.contents().keySet().toString();
        storage.refuse((_, kind, name) -> {
            if (kind == Kind.WRITE && name.startsWith("MANIFEST.tmp")) {
                throw new StorageFullException("no space");
            }
        });

        assertThatThrownBy(() -> change.on(wal)).isInstanceOf(WalStorageFullException.class);

        assertThat(storage.contents().keySet().toString()).isEqualTo(before);
        assertThatTheLogGoesOn();
    }

    @ParameterizedTest
    @MethodSource("changes")
    void whateverFailsBeforeTheManifestIsReplacedLeavesTheLogAsItWas(Change change) throws Exception {
        for (int nth = 1; ; nth++) {
            int[] left = {nth};
            boolean[] manifestReplaced = {false};
            storage.refuse((_, kind, name) -> {
                manifestReplaced[0] |= kind == Kind.RENAME;
                boolean poisons = kind == Kind.SYNC && name.endsWith(".seg");
                if (kind != Kind.READ
                        && kind != Kind.DELETE
                        && !manifestReplaced[0]
                        && !poisons
                        && !name.contains("CLEAN")
                        && --left[0] == 0) {
                    throw new IOException("planted in " + kind + " " + name);
                }
            });
            try {
                change.on(wal);
                assertThat(left[0]).as("every operation has failed once").isPositive();
                return;
            } catch (WalIoException e) {
                assertThat(e).hasMessageContaining("planted");
                storage.refuse((_, _, _) -> {});
                assertThat(Logs.contents(wal)).startsWith("0", "1", "2", "3", "4");
                assertThat(storage.contents().keySet()).doesNotContain("MANIFEST.tmp");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("changes")
    void aManifestWhoseFateIsUnknownPoisons(Change change) throws Exception {
        storage.refuse((_, kind, name) -> {
            if (kind == Kind.RENAME && name.startsWith("MANIFEST.tmp")) {
                throw new IOException("planted");
            }
        });

        assertThatThrownBy(() -> change.on(wal)).isInstanceOf(WalPoisonedException.class);

        assertThatThrownBy(() -> wal.append(Logs.batch("no"))).isInstanceOf(WalPoisonedException.class);
        storage.refuse((_, _, _) -> {});
        wal.close();
        wal = Wal.open(storage, Logs.inline());
        assertThatTheLogGoesOn();
    }

    @ParameterizedTest
    @MethodSource("changes")
    void anErrorBetweenTheManifestAndTheListInMemoryPoisons(Change change) throws Exception {
        boolean[] manifestReplaced = {false};
        storage.refuse((_, kind, _) -> {
            manifestReplaced[0] |= kind == Kind.RENAME;
            if (kind == Kind.SYNC_DIRECTORY && manifestReplaced[0]) {
                throw new OutOfMemoryError("planted");
            }
        });

        assertThatThrownBy(() -> change.on(wal)).isInstanceOf(OutOfMemoryError.class);

        storage.refuse((_, _, _) -> {});
        assertThatThrownBy(() -> wal.append(Logs.batch("no"))).isInstanceOf(WalPoisonedException.class);
        wal.close();
        wal = Wal.open(storage, Logs.inline());
        assertThat(Logs.contents(wal)).doesNotContain("no");
    }

    @Test
    void anErrorWhileWritingPoisons() throws Exception {
        storage.refuse((_, kind, _) -> {
            if (kind == Kind.WRITE) {
                throw new AssertionError("planted");
            }
        });

        assertThatThrownBy(() -> wal.append(Logs.batch("no"))).isInstanceOf(AssertionError.class);

        storage.refuse((_, _, _) -> {});
        assertThatThrownBy(() -> wal.append(Logs.batch("no"))).isInstanceOf(WalPoisonedException.class);
        assertThatThrownBy(() -> wal.close())
                .isInstanceOf(WalPoisonedException.class)
                .hasMessageContaining("only the LSNs below 5 are known to be durable");
        wal = Wal.open(storage, Logs.inline());
        assertThatTheLogGoesOn();
    }

    @Test
    void aCheckpointThatFailsTakesItsLinksBack() throws Exception {
        int[] links = {0};
        storage.refuse((_, kind, _) -> {
            if (kind == Kind.LINK && ++links[0] == 3) {
                throw new StorageFullException("no space");
            }
        });

        assertThatThrownBy(() -> wal.checkpoint(TARGET)).isInstanceOf(WalStorageFullException.class);

        for (int id = 0; id < 4; id++) {
            assertThat(storage.outside(TARGET.resolve("%020d.seg".formatted(id))))
                    .isNull();
        }
        storage.refuse((_, _, _) -> {});
        assertThat(wal.checkpoint(TARGET).endLsn()).isEqualTo(5);
    }

    @Test
    void anAdoptionThatFailsLeavesNoFileBehind() throws Exception {
        wal.roll();
        String before = storage.contents().keySet().toString();

        assertThatThrownBy(() -> wal.adopt(List.of(FOREIGN, Path.of("/foreign/missing")), 2))
                .isInstanceOf(WalIoException.class);
        assertThatThrownBy(() -> wal.adopt(List.of(FOREIGN), 100)).isInstanceOf(WalCorruptException.class);

        assertThat(storage.contents().keySet().toString()).isEqualTo(before);
        assertThatTheLogGoesOn();
    }

    private void assertThatTheLogGoesOn() throws WalException {
        storage.refuse((_, _, _) -> {});
        assertThat(Logs.contents(wal)).containsExactly("0", "1", "2", "3", "4");
        assertThat(wal.append(Logs.batch("5"))).isEqualTo(5);
        wal.close();
        try (Wal again = Wal.open(storage, Logs.inline())) {
            assertThat(Logs.contents(again)).containsExactly("0", "1", "2", "3", "4", "5");
        }
    }
}
