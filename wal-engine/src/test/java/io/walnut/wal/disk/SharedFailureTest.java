package io.walnut.wal.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.walnut.wal.io.Backend;
import io.walnut.wal.io.DurableWriteException;
import io.walnut.wal.io.DurableWrites;
import io.walnut.wal.io.FileChannelStorage;
import io.walnut.wal.io.Storage;
import io.walnut.wal.io.StorageFile;
import io.walnut.wal.io.uring.Backends;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Two durable writes in flight to a file of which the disk takes one half and refuses the other: it stands on a loop device over a file
 * system that is full. Whose bytes are not on the disk must be told so, every time.
 */
@Tag("slow")
class SharedFailureTest {
    private static final int BLOCK = 4096;
    private static final int HALF = 1_000; // blocks
    private static final int ROUNDS = 2_000;

    @TempDir
    Path scratch;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aWriteThatFailedIsNeverSaidToBeDurable(boolean pastPageCache) throws Exception {
        onHalfADisk(directory -> FileChannelStorage.at(directory, pastPageCache), SharedFailureTest::byThreads);
    }

    @Test
    void norByIoUring() throws Exception {
        onHalfADisk(directory -> Backends.open(directory, true, Backend.IO_URING), SharedFailureTest::byOneThread);
    }

    private interface Writers {
        /** The second half is refused. */
        void write(Storage storage, StorageFile file) throws Exception;
    }

    private interface Opening {
        Storage of(Path directory) throws IOException;
    }

    private void onHalfADisk(Opening opening, Writers writers) throws Exception {
        Path small = Files.createDirectory(scratch.resolve("small"));
        LoopDisk.run("mount", "-t", "tmpfs", "-o", "size=40m", "none", small.toString());
        // Of a write that the file below takes in part a loop device says that it was done: a block is a page of it,
        // all or nothing.
        try (LoopDisk disk =
                LoopDisk.make("ext4", small, "-b", String.valueOf(BLOCK), "-O", "^has_journal", "-E", "nodiscard")) {
            Path file = disk.directory().resolve("a");
            LoopDisk.run("fallocate", "-l", String.valueOf(2 * HALF * BLOCK), file.toString());
            try (Storage storage = opening.of(disk.directory());
                    StorageFile both = storage.open("a", true)) {
                for (int i = 0; i < HALF; i++) {
                    both.write(block(i), (long) i * BLOCK);
                }
                both.sync();
                LoopDisk.run("sync");
                fill(small.resolve("filler"));
                writers.write(storage, both);
            }
        } finally {
            LoopDisk.run("umount", "-l", small.toString());
        }
    }

    private static void fill(Path filler) throws IOException {
        try (OutputStream output = Files.newOutputStream(filler)) {
            while (true) {
                output.write(new byte[BLOCK]);
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("No space left");
        }
    }

    private static void byThreads(Storage storage, StorageFile file) throws Exception {
        CyclicBarrier start = new CyclicBarrier(2);
        CompletableFuture<Integer> good = CompletableFuture.supplyAsync(() -> refused(file, 0, start));
        int refused = refused(file, HALF, start);
        System.out.printf("%d of %d refused; of those that the disk took %d%n", refused, ROUNDS, good.join());
        assertThat(refused).isGreaterThan(ROUNDS / 2);
    }

    private static int refused(StorageFile file, int from, CyclicBarrier start) {
        Random random = new Random(from);
        int refused = 0;
        for (int i = 0; i < ROUNDS; i++) {
            long position = (long) (from + random.nextInt(HALF)) * BLOCK;
            try {
                start.await();
                file.writeDurably(block(i), position);
                checkThere(file, i, position);
            } catch (IOException e) {
                refused++;
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
        return refused;
    }

    private static void byOneThread(Storage storage, StorageFile file) throws Exception {
        Random random = new Random(1);
        long[] positions = new long[2];
        int refused = 0;
        try (DurableWrites writes = storage.durableWrites(2)) {
            for (int i = 0; i < ROUNDS; i++) {
                for (int half = 0; half < 2; half++) {
                    positions[half] = (long) (half * HALF + random.nextInt(HALF)) * BLOCK;
                    writes.submit(file, block(i), positions[half], half);
                }
                while (writes.inFlight() > 0) {
                    try {
                        checkThere(file, i, positions[writes.await()]);
                    } catch (DurableWriteException e) {
                        refused += e.token();
                    }
                }
            }
        }
        System.out.printf("%d of %d refused, by io_uring%n", refused, ROUNDS);
        assertThat(refused).isGreaterThan(ROUNDS / 2);
    }

    /** The file system below may find room for a block after all. */
    private static void checkThere(StorageFile file, int content, long position) throws IOException {
        ByteBuffer read = block(content);
        file.readPastCache(read, position);
        assertThat(read.flip()).as("block at %d, said to be durable", position).isEqualTo(block(content));
    }

    private static ByteBuffer block(int content) {
        ByteBuffer block =
                ByteBuffer.allocateDirect(2 * BLOCK).alignedSlice(BLOCK).slice(0, BLOCK);
        while (block.hasRemaining()) {
            block.put((byte) (content + block.position() / 64));
        }
        return block.flip();
    }
}
