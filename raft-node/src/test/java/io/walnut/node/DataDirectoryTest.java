package io.walnut.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walnut.wal.io.OtherProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {
    @TempDir
    Path parent = Path.of(".");

    @Test
    void isMadeWhereItIsMissingAndTakenAgainAfterClose() throws Exception {
        Path directory = parent.resolve("a/b");
        DataDirectory.open(directory).close();

        try (DataDirectory again = DataDirectory.open(directory)) {
            assertThat(again.path()).isDirectory();
            assertThat(again.freeBytes()).isPositive();
        }
    }

    @Test
    void secondOwnerIsRefusedAndTheFirstNamed() throws Exception {
        try (DataDirectory held = DataDirectory.open(parent)) {
            assertThatThrownBy(() -> DataDirectory.open(held.path()))
                    .isInstanceOf(StartException.class)
                    .hasMessageContaining("is in use by another process")
                    .hasMessageContaining("pid " + ProcessHandle.current().pid());
            assertThat(OtherProcess.takes(held.path().resolve("node.lock")))
                    .as("the refused owner has not set the lock free")
                    .isFalse();
        }
    }

    @Test
    void fileInItsPlaceIsNamed() throws Exception {
        Path file = Files.writeString(parent.resolve("file"), "x");

        assertThatThrownBy(() -> DataDirectory.open(file))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("is a file");
    }

    @Test
    void directoryThatCannotBeMadeIsNamed() {
        // Nobody makes directories there, root included.
        assertThatThrownBy(() -> DataDirectory.open(Path.of("/proc/walnut")))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("/proc/walnut cannot be created");
    }
}
