package io.walnut.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files from elsewhere are not always what a log's own are. */
class OtherFilesTest {
    @TempDir
    Path directory;

    @Test
    void anAdoptedSymbolicLinkIsTheFileItself() throws Exception {
        Path copies = Files.createDirectory(directory.resolve("copies"));
        Checkpoint checkpoint;
        try (Wal wal = open("a")) {
            wal.append(Logs.batch("kept"));
            checkpoint = wal.checkpoint(copies);
        }
        Path file = checkpoint.segments().getFirst().path();
        Path link = Files.createSymbolicLink(directory.resolve("link.seg"), file);
        try (Wal wal = open("b")) {
            wal.adopt(List.of(link), checkpoint.endLsn());
        }
        Files.delete(file);
        try (Wal wal = open("b")) {
            assertThat(Logs.contents(wal)).containsExactly("kept");
        }
    }

    @Test
    void aPathInAnArchiveIsRefusedAndPoisonsNothing() throws Exception {
        try (FileSystem archive =
                        FileSystems.newFileSystem(directory.resolve("archive.zip"), Map.of("create", "true"));
                Wal wal = open("a")) {
            Path inside = archive.getPath("/");
            assertThatThrownBy(() -> wal.checkpoint(inside)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> wal.adopt(List.of(inside.resolve("1.seg")), 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("expected a path of the file system of this machine");
            wal.append(Logs.batch("still good"));
            assertThat(Logs.contents(wal)).containsExactly("still good");
        }
    }

    private Wal open(String name) throws WalException {
        return Wal.open(directory.resolve(name), WalOptions.defaults());
    }
}
