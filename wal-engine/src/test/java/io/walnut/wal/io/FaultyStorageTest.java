package io.walnut.wal.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The contract over the directory in memory, and what only it can show: what a power cut leaves. */
class FaultyStorageTest extends StorageContract {
    private static final int ALL = 1000;

    private final FaultyStorage storage = new FaultyStorage();

    @Override
    protected Storage storage() {
        return storage;
    }

    @Override
    protected Path outside(String name) {
        return Path.of("/outside").resolve(name);
    }

    @Override
    protected void putOutside(Path path, byte[] bytes) {
        storage.putOutside(path, bytes);
    }

    @Override
    protected byte[] readOutside(Path path) {
        return Objects.requireNonNull(storage.outside(path));
    }

    @Override
    protected StorageFile fullFile() throws IOException {
        StorageFile file = storage.create("full");
        storage.refuse((ordinal, kind, name) -> {
            if (name.startsWith("full")) {
                throw new StorageFullException("full", new IOException("No space left on device"));
            }
        });
        return file;
    }

    private List<String> afterAPowerCut(String name) {
        List<String> contents = new ArrayList<>();
        for (Map<String, byte[]> image : storage.crashImages().choose(ALL, new Random(1))) {
            byte[] bytes = image.get(name);
            String text = bytes == null ? "none" : new String(bytes, StandardCharsets.UTF_8);
            if (!contents.contains(text)) {
                contents.add(text);
            }
        }
        return contents;
    }

    @Test
    void anEntrySurvivesOnlyWhenTheDirectoryIsSynced() throws Exception {
        try (StorageFile file = storage.create("a")) {
            file.write(buffer("x"), 0);
            file.sync();
            assertThat(afterAPowerCut("a")).containsExactlyInAnyOrder("none", "x");
            storage.syncDirectory();
            assertThat(afterAPowerCut("a")).containsExactly("x");
            storage.rename("a", "b");
            assertThat(afterAPowerCut("b")).containsExactlyInAnyOrder("none", "x");
            storage.syncDirectory();
            assertThat(afterAPowerCut("a")).containsExactly("none");
            storage.delete("b");
            assertThat(afterAPowerCut("b")).containsExactlyInAnyOrder("none", "x");
            storage.syncDirectory();
            assertThat(afterAPowerCut("b")).containsExactly("none");
            storage.putOutside(outside("source"), bytes("y"));
            storage.linkIn(outside("source"), "c");
            assertThat(afterAPowerCut("c")).containsExactlyInAnyOrder("none", "", "\0", "y");
            try (StorageFile linked = storage.open("c", true)) {
                linked.sync();
            }
            assertThat(afterAPowerCut("c")).containsExactlyInAnyOrder("none", "y");
        }
    }

    @Test
    void bytesAndLengthSurviveOnlyWhenTheFileIsSynced() throws Exception {
        try (StorageFile file = storage.create("a")) {
            storage.syncDirectory();
            file.write(buffer("x"), 0);
            assertThat(afterAPowerCut("a")).containsExactlyInAnyOrder("", "x", "\0");
            file.sync();
            assertThat(afterAPowerCut("a")).containsExactly("x");
            file.setLength(0);
            assertThat(afterAPowerCut("a")).containsExactlyInAnyOrder("", "x");
            file.sync();
            assertThat(afterAPowerCut("a")).containsExactly("");
        }
    }

    /** Of what is in flight each may survive without the other. */
    @Test
    void whatAQueueHasSubmittedSurvivesOnlyWhenItIsAwaited() throws Exception {
        try (StorageFile file = storage.create("a");
                DurableWrites writes = storage.durableWrites(2)) {
            storage.syncDirectory();
            file.write(buffer("xy"), 0);
            file.sync();
            writes.submit(file, buffer("X"), 0, 1);
            writes.submit(file, buffer("Y"), 1, 2);
            assertThat(afterAPowerCut("a")).contains("xy", "Xy", "xY", "XY");
            int first = writes.await();
            assertThat(afterAPowerCut("a"))
                    .contains(first == 1 ? "Xy" : "xY", "XY")
                    .allMatch(text -> first == 1 ? text.startsWith("X") : text.endsWith("Y"));
            assertThat(writes.await()).isEqualTo(3 - first);
            assertThat(afterAPowerCut("a")).containsExactly("XY");
        }
    }

    @Test
    void pagesWhoseSyncFailedCanBeReadAndSurviveOnlyWhenTheyAreWrittenAgain() throws Exception {
        storage.losePagesWhoseSyncFails();
        try (StorageFile file = storage.create("a")) {
            storage.syncDirectory();
            file.write(buffer("old"), 0);
            file.sync();
            file.write(buffer("new"), 0);
            storage.refuse((_, _, _) -> {
                throw new IOException("Input/output error");
            });
            assertThatThrownBy(file::sync).hasMessage("Input/output error");
            storage.refuse((_, _, _) -> {});
            file.sync();
            assertThat(read(file)).isEqualTo("new");
            assertThat(afterAPowerCut("a")).containsExactly("old");
            file.write(buffer("new"), 0);
            file.sync();
            assertThat(afterAPowerCut("a")).containsExactly("new");
        }
    }

    @Test
    void aCrashStopsTheOperationAndEveryOneAfterIt() throws Exception {
        put("a", "x");
        storage.crashAt(storage.operations() + 1);
        assertThatThrownBy(() -> storage.delete("a")).isInstanceOf(FaultyStorage.Crash.class);
        assertThatThrownBy(() -> storage.create("b")).isInstanceOf(FaultyStorage.Crash.class);
        assertThatThrownBy(storage::list).isInstanceOf(FaultyStorage.Crash.class);
        assertThat(storage.contents()).containsOnlyKeys("a");
    }
}
