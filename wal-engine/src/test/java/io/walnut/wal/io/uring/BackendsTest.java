package io.walnut.wal.io.uring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.walnut.wal.Batch;
import io.walnut.wal.Wal;
import io.walnut.wal.WalOptions;
import io.walnut.wal.io.Backend;
import io.walnut.wal.io.DurableWrites;
import io.walnut.wal.io.Storage;
import io.walnut.wal.io.StorageFile;
import io.walnut.wal.io.uring.RefusingCalls.Call;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which storage a directory gets, and that nothing is lost or left when io_uring is refused at any step. */
class BackendsTest {
    private static final int BLOCK = 4096;

    @TempDir
    Path directory;

    private boolean has() throws IOException {
        try (Storage storage = Backends.open(directory, true, Backend.AUTO)) {
            return storage.backend().backend() == Backend.IO_URING;
        }
    }

    @ParameterizedTest
    @CsvSource({
        "SETUP, 1, io_uring_setup: EPERM", // seccomp, kernel.io_uring_disabled
        "SETUP, 38, io_uring_setup: ENOSYS", // an old kernel
        "SETUP, 12, io_uring_setup: ENOMEM", // RLIMIT_MEMLOCK
        "SETUP, 24, io_uring_setup: EMFILE",
        "MAP, 12, mapping the queues of an io_uring: ENOMEM",
        "ENTER, 1, io_uring_enter is refused",
        "ENTER, 22, io_uring_enter is refused",
        "OPEN, 22, open with O_DIRECT: EINVAL"
    })
    void refusedAtAnyStepItFallsBackAndLeavesNothing(Call call, int errno, String reason) throws Exception {
        assumeTrue(has());
        long descriptors = descriptors();
        RefusingCalls calls = new RefusingCalls().refuse(call, errno);
        try (Storage storage = Backends.open(directory, true, Backend.AUTO, () -> calls)) {
            assertThat(storage.backend().backend()).isEqualTo(Backend.PORTABLE);
            assertThat(storage.backend().reason()).contains(reason);
            assertThat(storage.list()).isEmpty();
            Path at = directory;
            assertThatThrownBy(() -> Backends.open(at, true, Backend.IO_URING, () -> calls))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(reason)
                    .hasMessageContaining("auto or portable");
            writeThroughQueue(storage);
        }
        assertThat(descriptors()).isEqualTo(descriptors);
    }

    @ParameterizedTest
    @CsvSource({"SETUP, 12", "ENTER, 1", "OPEN, 24"})
    void refusedLaterTheWritesAreDoneWithoutIt(Call call, int errno) throws Exception {
        assumeTrue(has());
        RefusingCalls calls = new RefusingCalls();
        try (Storage storage = Backends.open(directory, true, Backend.IO_URING, () -> calls)) {
            calls.refuse(call, errno);
            writeThroughQueue(storage);
        }
    }

    private void writeThroughQueue(Storage storage) throws IOException {
        try (StorageFile file = storage.create("a");
                DurableWrites writes = storage.durableWrites(4)) {
            for (int i = 0; i < 4; i++) {
                ByteBuffer block = ByteBuffer.allocateDirect(2 * BLOCK)
                        .alignedSlice(BLOCK)
                        .slice(0, BLOCK)
                        .put(0, (byte) (i + 1));
                writes.submit(file, block, (long) i * BLOCK, i);
            }
            while (writes.inFlight() > 0) {
                int _ = writes.await();
            }
        }
        byte[] bytes = Files.readAllBytes(directory.resolve("a"));
        assertThat(bytes).hasSize(4 * BLOCK);
        for (int i = 0; i < 4; i++) {
            assertThat(bytes[i * BLOCK]).isEqualTo((byte) (i + 1));
        }
    }

    @Test
    void aLogThatWasWrittenByOneBackendIsReadByTheOther() throws Exception {
        for (Backend backend : new Backend[] {Backend.AUTO, Backend.PORTABLE, Backend.AUTO}) {
            try (Wal wal = Wal.open(directory, WalOptions.defaults().withBackend(backend))) {
                Batch batch = new Batch();
                batch.add(1, ByteBuffer.wrap(new byte[] {1}));
                wal.append(batch);
                assertThat(wal.backend().reason()).isNotBlank();
            }
        }
        try (Wal wal = Wal.open(directory, WalOptions.defaults())) {
            assertThat(wal.endLsn()).isEqualTo(3);
        }
    }

    @Test
    void askedForThePageCacheOrThePortableOneItIsPortable() throws Exception {
        try (Storage storage = Backends.open(directory, false, Backend.AUTO)) {
            assertThat(storage.backend().backend()).isEqualTo(Backend.PORTABLE);
            assertThat(storage.backend().reason()).contains("page cache");
        }
        try (Storage storage = Backends.open(directory, true, Backend.PORTABLE)) {
            assertThat(storage.backend().backend()).isEqualTo(Backend.PORTABLE);
        }
    }

    @Test
    void ringsLeaveNoDescriptorAndNoMapping() throws Exception {
        assumeTrue(has());
        try (Storage storage = Backends.open(directory, true, Backend.IO_URING)) {
            storage.durableWrites(4).close();
            long descriptors = descriptors();
            long mappings = ringMappings();
            for (int i = 0; i < 1_000; i++) {
                storage.durableWrites(4).close();
            }
            assertThat(descriptors()).isEqualTo(descriptors);
            assertThat(ringMappings()).isEqualTo(mappings);
        }
    }

    private static long descriptors() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }

    private static long ringMappings() throws IOException {
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            return maps.filter(line -> line.contains("io_uring")).count();
        }
    }
}
