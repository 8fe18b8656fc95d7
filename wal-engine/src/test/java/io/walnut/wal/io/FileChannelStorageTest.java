package io.walnut.wal.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract over the file system, and what only a file system has. */
public class FileChannelStorageTest extends StorageContract {
    private static final Path ALWAYS_FULL = Path.of("/dev/full");
    private static final int SYNCS = 300;

    @TempDir
    protected Path temporary = Path.of(".");

    protected Path directory = Path.of(".");

    @BeforeEach
    void makeOutside() throws IOException {
        directory = temporary.resolve("storage");
        Files.createDirectory(temporary.resolve("outside"));
        FileChannelStorage.at(directory);
    }

    @Override
    protected Storage storage() throws IOException {
        return FileChannelStorage.at(directory);
    }

    @Override
    protected Path outside(String name) {
        return temporary.resolve("outside").resolve(name);
    }

    @Override
    protected void putOutside(Path path, byte[] bytes) throws IOException {
        Files.write(path, bytes);
    }

    @Override
    protected byte[] readOutside(Path path) throws IOException {
        return Files.readAllBytes(path);
    }

    @Override
    protected StorageFile fullFile() throws IOException {
        assumeTrue(Files.isWritable(ALWAYS_FULL), "this system has no " + ALWAYS_FULL);
        Files.createSymbolicLink(directory.resolve("full"), ALWAYS_FULL);
        return storage().open("full", true);
    }

    @Test
    void theDirectoryAndItsParentsAreMade() throws Exception {
        Path deep = temporary.resolve("a").resolve("b").resolve("c");
        FileChannelStorage.at(deep);
        assertThat(deep).isDirectory();
        FileChannelStorage.at(deep);
    }

    @Test
    void aFileInTheDirectorysPlaceIsRefused() throws Exception {
        Path file = Files.createFile(temporary.resolve("file"));
        assertThatThrownBy(() -> FileChannelStorage.at(file)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> FileChannelStorage.existing(file)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> FileChannelStorage.existing(temporary.resolve("none")))
                .isInstanceOf(IOException.class);
        assertThat(temporary.resolve("none")).doesNotExist();
    }

    @Test
    void aDirectoryInsideIsNotAFile() throws Exception {
        Files.createDirectory(directory.resolve("sub"));
        assertThat(storage().list()).doesNotContain("sub");
    }

    @Test
    void theDescriptionNamesTheDirectory() throws Exception {
        assertThat(storage().describe()).isEqualTo(directory.toString());
    }

    @Test
    void aFileThatMayNotBeWrittenCanBeOpenedForReading() throws Exception {
        put("a", "text");
        assertThat(directory.resolve("a").toFile().setReadOnly()).isTrue();
        assertThat(get("a")).isEqualTo("text");
    }

    @Test
    void anInterruptDuringAReadOrAWriteIsRememberedAndDoesNoHarm() throws Exception {
        try (StorageFile file = storage().create("a")) {
            Thread.currentThread().interrupt();
            file.write(buffer("text"), 0);
            assertThat(Thread.interrupted()).isTrue();
            Thread.currentThread().interrupt();
            assertThat(file.length()).isEqualTo(4);
            assertThat(Thread.interrupted()).isTrue();
            Thread.currentThread().interrupt();
            assertThat(read(file)).isEqualTo("text");
            assertThat(Thread.interrupted()).isTrue();
            Thread.currentThread().interrupt();
            file.setLength(2);
            assertThat(Thread.interrupted()).isTrue();
            assertThat(read(file)).isEqualTo("te");
        } finally {
            Thread.interrupted();
        }
    }

    /** Repeated it would not see what the first has met. */
    @Test
    void anInterruptDuringASyncIsRememberedAndDoesNotEndIt() throws Exception {
        try (StorageFile file = storage().create("a")) {
            file.write(buffer("text"), 0);
            Thread.currentThread().interrupt();
            file.sync();
            assertThat(Thread.interrupted()).isTrue();
            assertThat(read(file)).isEqualTo("text");
        } finally {
            Thread.interrupted();
        }
    }

    @Test
    void anInterruptDuringADurableWriteIsTypedAndWritingAgainWorks() throws Exception {
        try (StorageFile file = storage().create("a")) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> file.writeDurably(buffer("text"), 0))
                    .isInstanceOf(StorageInterruptedException.class);
            assertThat(Thread.interrupted()).as("taken by the exception").isFalse();
            file.writeDurably(buffer("text"), 0);
            assertThat(read(file)).isEqualTo("text");
        } finally {
            Thread.interrupted();
        }
    }

    @Test
    void whatIsWrittenAfterTheEndOfWritesIsWrittenAllTheSame() throws Exception {
        try (StorageFile file = storage().create("a")) {
            file.writeDurably(buffer("text"), 0);
            file.endDurableWrites();
            file.writeDurably(buffer("next"), 4);
            file.write(buffer("last"), 8);
            file.sync();
            file.endDurableWrites();
            assertThat(read(file)).isEqualTo("textnextlast");
        }
    }

    /** Half way a change of the directory is of unknown outcome, which poisons a log. */
    @Test
    void anInterruptDuringASyncOfTheDirectoryIsRememberedAndDoesNoHarm() throws Exception {
        Storage storage = storage();
        Thread syncs = Thread.currentThread();
        AtomicBoolean done = new AtomicBoolean();
        CompletableFuture<Void> interrupts = CompletableFuture.runAsync(() -> {
            while (!done.get()) {
                syncs.interrupt();
            }
        });
        try {
            for (int i = 0; i < 20 * SYNCS; i++) {
                storage.syncDirectory();
                storage.syncOutside(temporary);
            }
        } finally {
            done.set(true);
            interrupts.join();
            Thread.interrupted();
        }
    }

    /** It closes the channel that both read by: each gets back what it was. */
    @Test
    void anInterruptOfOneThreadIsNotAnothersToo() throws Exception {
        try (StorageFile file = storage().create("a")) {
            file.write(buffer("text"), 0);
            CyclicBarrier both = new CyclicBarrier(2);
            CompletableFuture<Void> interrupted = CompletableFuture.runAsync(() -> {
                try {
                    for (int i = 0; i < SYNCS; i++) {
                        both.await();
                        Thread.currentThread().interrupt();
                        long _ = file.length();
                        assertThat(Thread.interrupted()).isTrue();
                    }
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            });
            for (int i = 0; i < SYNCS; i++) {
                both.await(20, TimeUnit.SECONDS);
                file.writeDurably(buffer("text"), 0);
                file.write(buffer("text"), 0);
                file.sync();
                assertThat(Thread.interrupted()).isFalse();
            }
            interrupted.get();
        }
    }

    @Test
    void aClosedFileRefusesEverythingAndDoesNotOpenItselfAgain() throws Exception {
        put("a", "text");
        StorageFile file = storage().open("a", true);
        file.close();
        file.close();
        assertThatThrownBy(() -> read(file)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> file.write(buffer("x"), 0)).isInstanceOf(IOException.class);
        assertThatThrownBy(file::sync).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> file.writeDurably(buffer("x"), 0)).isInstanceOf(IOException.class);
    }
}
