package io.walnut.wal.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LockFileTest {
    private static final String NAME = "LOCK";

    @TempDir
    Path directory = Path.of(".");

    @Test
    void aSecondOpenerThatIsRefusedLeavesTheLockWithTheFirst() throws Exception {
        try (LockFile first = LockFile.take(directory, NAME)) {
            assertThat(first.channel().isOpen()).isTrue();
            assertThatRefused(directory);
            assertThat(OtherProcess.takes(directory.resolve(NAME))).isFalse();
        }
        assertThat(OtherProcess.takes(directory.resolve(NAME))).isTrue();
    }

    @Test
    void theDirectoryByAnotherNameIsTheSame() throws Exception {
        Path link = Files.createSymbolicLink(directory.resolve("link"), directory);
        try (LockFile first = LockFile.take(directory, NAME)) {
            assertThat(first.channel().isOpen()).isTrue();
            assertThatRefused(link);
        }
        LockFile.take(link, NAME).close();
    }

    @Test
    void aSecondCloseDoesNotSetFreeWhatAnotherHasTaken() throws Exception {
        LockFile first = LockFile.take(directory, NAME);
        first.close();
        try (LockFile second = LockFile.take(directory, NAME)) {
            first.close();
            assertThat(second.channel().isOpen()).isTrue();
            assertThatRefused(directory);
        }
    }

    @Test
    void aFileThatCannotBeOpenedIsNotHeld() throws Exception {
        Files.createDirectory(directory.resolve(NAME));
        assertThatThrownBy(() -> LockFile.take(directory, NAME)).isNotInstanceOf(StorageLockedException.class);
        Files.delete(directory.resolve(NAME));
        LockFile.take(directory, NAME).close();
    }

    @Test
    void whoOnlyLooksKeepsTheOwnerOutAndMakesNothing() throws Exception {
        assertThat(LockFile.holdExisting(directory, NAME)).isEmpty();
        assertThat(directory.resolve(NAME)).doesNotExist();

        LockFile.take(directory, NAME).close();
        try (LockFile held = LockFile.holdExisting(directory, NAME).orElseThrow()) {
            assertThat(held.channel().isOpen()).isTrue();
            assertThat(OtherProcess.takes(directory.resolve(NAME))).isFalse();
        }
        try (LockFile owner = LockFile.take(directory, NAME)) {
            assertThat(owner.channel().isOpen()).isTrue();
            assertThatThrownBy(() -> LockFile.holdExisting(directory, NAME)).isInstanceOf(StorageLockedException.class);
        }
    }

    private static void assertThatRefused(Path by) {
        assertThatThrownBy(() -> LockFile.take(by, NAME))
                .isInstanceOfSatisfying(
                        StorageLockedException.class,
                        refused -> assertThat(refused.byThisProcess()).isTrue());
    }
}
