package io.walnut.wal.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What {@link Storage} and {@link StorageFile} promise, sentence by sentence; every implementation inherits it. */
public abstract class StorageContract {
    private static final long DEADLINE_SECONDS = 60;
    private static final int MANY = 200;
    private static final int BLOCK = 4096;

    /** The storage under test: a directory that is empty but for what the storage itself puts there. */
    protected abstract Storage storage() throws IOException;

    /** A path outside of the directory, in a directory that exists. */
    protected abstract Path outside(String name);

    protected abstract void putOutside(Path path, byte[] bytes) throws IOException;

    protected abstract byte[] readOutside(Path path) throws IOException;

    /** A file that takes no more bytes. */
    protected abstract StorageFile fullFile() throws IOException;

    @Test
    void aFileThatIsCreatedIsEmptyAndCanBeWrittenAndRead() throws Exception {
        try (StorageFile file = storage().create("a")) {
            assertThat(file.length()).isZero();
            file.write(buffer("text"), 0);
            assertThat(read(file)).isEqualTo("text");
        }
    }

    @Test
    void creatingFailsWhenTheNameIsTakenAndLeavesTheFileAlone() throws Exception {
        put("a", "old");
        assertThatThrownBy(() -> storage().create("a")).isInstanceOf(IOException.class);
        assertThat(get("a")).isEqualTo("old");
    }

    @Test
    void openingGivesWhatIsThereForReadingAndForWriting() throws Exception {
        put("a", "text");
        assertThat(get("a")).isEqualTo("text");
        try (StorageFile file = storage().open("a", true)) {
            file.write(buffer("T"), 0);
        }
        assertThat(get("a")).isEqualTo("Text");
    }

    @Test
    void openingFailsWhenThereIsNoFile() {
        assertThatThrownBy(() -> storage().open("none", false)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> storage().open("none", true)).isInstanceOf(IOException.class);
    }

    @Test
    void whatIsWrittenDurablyIsReadBackWhateverItsPlace() throws Exception {
        try (StorageFile file = storage().create("a")) {
            file.write(ByteBuffer.allocate(4 * BLOCK), 0);
            file.writeDurably(block((byte) 1), BLOCK); // whole blocks in direct memory
            ByteBuffer offset = buffer("text");
            file.writeDurably(offset, 2 * BLOCK + 5L);
            assertThat(offset.hasRemaining()).isFalse();
            file.writeDurably(block((byte) 2).slice(1, 100), 3 * BLOCK);

            ByteBuffer all = ByteBuffer.allocate(5 * BLOCK);
            assertThat(file.read(all, 0)).isEqualTo(4 * BLOCK);
            assertThat(all.get(BLOCK - 1)).isZero();
            assertThat(all.get(BLOCK)).isEqualTo((byte) 1);
            assertThat(all.get(2 * BLOCK - 1)).isEqualTo((byte) 1);
            assertThat(all.get(2 * BLOCK)).isZero();
            assertThat(StandardCharsets.UTF_8
                            .decode(all.slice(2 * BLOCK + 5, 4))
                            .toString())
                    .isEqualTo("text");
            assertThat(all.get(3 * BLOCK + 99)).isEqualTo((byte) 2);
            assertThat(all.get(3 * BLOCK + 100)).isZero();
        }
    }

    /** What is mapped or was read before is not an old copy. */
    @Test
    void whatIsWrittenDurablyIsSeenThroughEveryOtherWay() throws Exception {
        try (StorageFile file = storage().create("a");
                StorageFile other = storage().open("a", false)) {
            file.write(ByteBuffer.allocate(BLOCK), 0);
            file.sync();
            ByteBuffer before = ByteBuffer.allocate(BLOCK);
            other.read(before, 0);
            file.writeDurably(block((byte) 7), 0);
            ByteBuffer after = ByteBuffer.allocate(BLOCK);
            other.read(after, 0);
            assertThat(after.get(BLOCK - 1)).isEqualTo((byte) 7);
            file.write(buffer("buffered"), 10);
            file.writeDurably(block((byte) 8), BLOCK);
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment mapped = file.map(arena, 0, 2 * BLOCK);
                assertThat(text(mapped.asSlice(10, 8))).isEqualTo("buffered");
                assertThat(mapped.get(ValueLayout.JAVA_BYTE, 2 * BLOCK - 1)).isEqualTo((byte) 8);
            }
        }
    }

    @Test
    void severalThreadsWriteDurablyAtOnce() throws Exception {
        try (StorageFile file = storage().create("a");
                ExecutorService pool = Executors.newFixedThreadPool(4)) {
            List<Future<?>> writes = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                int at = i;
                writes.add(pool.submit(() -> {
                    file.writeDurably(block((byte) at), (long) at * BLOCK);
                    return null;
                }));
            }
            for (Future<?> write : writes) {
                write.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
            }
            ByteBuffer all = ByteBuffer.allocate(64 * BLOCK);
            assertThat(file.read(all, 0)).isEqualTo(64 * BLOCK);
            for (int i = 0; i < 64; i++) {
                assertThat(all.get(i * BLOCK)).isEqualTo((byte) i);
                assertThat(all.get((i + 1) * BLOCK - 1)).isEqualTo((byte) i);
            }
        }
    }

    @Test
    void aQueueGivesEveryTokenBackWhenItsBytesAreThere() throws Exception {
        int depth = 3;
        try (StorageFile file = storage().create("a");
                DurableWrites writes = storage().durableWrites(depth)) {
            file.write(ByteBuffer.allocate(MANY * BLOCK), 0);
            List<Integer> tokens = new ArrayList<>();
            for (int i = 0; i < MANY; i++) {
                if (writes.inFlight() == depth) {
                    tokens.add(awaited(writes));
                }
                ByteBuffer source = block((byte) i);
                writes.submit(file, source, (long) i * BLOCK, i);
                assertThat(source.remaining()).isEqualTo(BLOCK);
            }
            assertThatThrownBy(() -> writes.submit(file, block((byte) 0), 0, 0))
                    .isInstanceOf(IllegalStateException.class);
            while (writes.inFlight() > 0) {
                tokens.add(awaited(writes));
            }
            assertThat(tokens).hasSize(MANY).doesNotHaveDuplicates();
            assertThatThrownBy(writes::await).isInstanceOf(IllegalStateException.class);
        }
    }

    /** Its bytes, read through another descriptor, are there. */
    private int awaited(DurableWrites writes) throws IOException {
        int token = writes.await();
        try (StorageFile other = storage().open("a", false)) {
            ByteBuffer read = ByteBuffer.allocate(BLOCK);
            other.read(read, (long) token * BLOCK);
            assertThat(read.array()).containsOnly((byte) token);
        }
        return token;
    }

    @Test
    void aQueueTakesBytesOfAnyPlaceAndLengthAndOfSeveralFiles() throws Exception {
        try (StorageFile a = storage().create("a");
                StorageFile b = storage().create("b");
                DurableWrites writes = storage().durableWrites(4)) {
            a.write(ByteBuffer.allocate(10 * BLOCK), 0);
            writes.submit(a, buffer("heap"), 5, 1);
            writes.submit(a, block((byte) 'd').slice(1, 100), BLOCK + 3, 2);
            writes.submit(b, block((byte) 'e'), BLOCK, 3); // beyond the end
            writes.submit(b, buffer("tail"), 2L * BLOCK, 4);
            List<Integer> tokens = new ArrayList<>();
            while (writes.inFlight() > 0) {
                tokens.add(writes.await());
            }
            assertThat(tokens).containsExactlyInAnyOrder(1, 2, 3, 4);
            assertThat(read(a).substring(5, 9)).isEqualTo("heap");
            assertThat(read(a).substring(BLOCK + 3, BLOCK + 103)).isEqualTo("d".repeat(100));
            assertThat(read(a)).hasSize(10 * BLOCK);
            assertThat(read(b)).isEqualTo("\0".repeat(BLOCK) + "e".repeat(BLOCK) + "tail");
        }
    }

    @Test
    void aWriteOfAQueueThatFailsSaysWhichOneAndLeavesTheOthers() throws Exception {
        try (StorageFile file = storage().create("a");
                DurableWrites writes = storage().durableWrites(4)) {
            writes.submit(file, block((byte) 'a'), 0, 16);
            assertThat(writes.await()).isEqualTo(16);
            writes.submit(file, block((byte) 'b'), 0, 17);
            try (StorageFile full = fullFile()) {
                writes.submit(full, block((byte) 'x'), 0, 18);
                List<Integer> done = new ArrayList<>();
                List<DurableWriteException> failed = new ArrayList<>();
                while (writes.inFlight() > 0) {
                    try {
                        done.add(writes.await());
                    } catch (DurableWriteException e) {
                        failed.add(e);
                    }
                }
                assertThat(done).containsExactly(17);
                assertThat(failed).singleElement().satisfies(failure -> {
                    assertThat(failure.token()).isEqualTo(18);
                    assertThat(failure).hasCauseInstanceOf(StorageFullException.class);
                });
            }
        }
    }

    @Test
    void anInterruptHarmsNoQueuedWriteAndIsRemembered() throws Exception {
        try (StorageFile file = storage().create("a");
                DurableWrites writes = storage().durableWrites(1)) {
            Thread.currentThread().interrupt();
            writes.submit(file, block((byte) 'a'), 0, 1);
            assertThat(writes.await()).isEqualTo(1);
            assertThat(Thread.interrupted()).isTrue();
            assertThat(read(file)).isEqualTo("a".repeat(BLOCK));
        } finally {
            Thread.interrupted();
        }
    }

    @Test
    void aQueueThatIsClosedHasLetItsWritesEnd() throws Exception {
        try (StorageFile file = storage().create("a")) {
            DurableWrites writes = storage().durableWrites(2);
            writes.submit(file, block((byte) 'a'), 0, 1);
            writes.submit(file, block((byte) 'b'), BLOCK, 2);
            writes.close();
            writes.close();
            assertThat(read(file)).isEqualTo("a".repeat(BLOCK) + "b".repeat(BLOCK));
        }
    }

    @Test
    void aQueueHasADepth() {
        assertThatThrownBy(() -> storage().durableWrites(0)).isInstanceOf(IllegalArgumentException.class);
    }

    protected static ByteBuffer block(byte value) {
        ByteBuffer block =
                ByteBuffer.allocateDirect(2 * BLOCK).alignedSlice(BLOCK).slice(0, BLOCK);
        for (int i = 0; i < BLOCK; i++) {
            block.put(i, value);
        }
        return block;
    }

    @Test
    void aFileThatHasAnotherNameIsShared() throws Exception {
        put("a", "text");
        assertThat(storage().isShared("a")).isFalse();
        storage().linkOut("a", outside("linked"));
        assertThat(storage().isShared("a")).isTrue();
        putOutside(outside("source"), new byte[1]);
        storage().linkIn(outside("source"), "b");
        assertThat(storage().isShared("b")).isTrue();
        assertThatThrownBy(() -> storage().isShared("none")).isInstanceOf(IOException.class);
    }

    @Test
    void theListHasTheNamesOfAllFiles() throws Exception {
        List<String> before = storage().list();
        put("b", "");
        put("a", "");
        put("c", "");
        storage().delete("c");
        List<String> names = new ArrayList<>(storage().list());
        names.removeAll(before);
        assertThat(names).containsExactlyInAnyOrder("a", "b");
    }

    @Test
    void aFileExistsFromItsCreationToItsDeletion() throws Exception {
        assertThat(storage().exists("a")).isFalse();
        put("a", "");
        assertThat(storage().exists("a")).isTrue();
        storage().delete("a");
        assertThat(storage().exists("a")).isFalse();
    }

    @Test
    void readersThatHaveADeletedFileOpenKeepIt() throws Exception {
        put("a", "text");
        try (StorageFile file = storage().open("a", false);
                Arena arena = Arena.ofConfined()) {
            MemorySegment mapped = file.map(arena, 0, 4);
            storage().delete("a");
            put("a", "another");
            assertThat(read(file)).isEqualTo("text");
            assertThat(text(mapped)).isEqualTo("text");
        }
    }

    @Test
    void deletingFailsWhenThereIsNone() {
        assertThatThrownBy(() -> storage().delete("none")).isInstanceOf(IOException.class);
    }

    @Test
    void renamingReplacesTheTarget() throws Exception {
        put("from", "new");
        put("to", "old");
        storage().rename("from", "to");
        assertThat(storage().exists("from")).isFalse();
        assertThat(get("to")).isEqualTo("new");
    }

    @Test
    void renamingIsAtomicToWhoeverLooks() throws Exception {
        put("to", "0");
        try (ExecutorService pool = Executors.newSingleThreadExecutor()) {
            Future<?> renames = pool.submit(() -> {
                for (int i = 0; i < MANY; i++) {
                    put("from", Integer.toString(i));
                    storage().rename("from", "to");
                }
                return null;
            });
            do {
                assertThat(storage().exists("to")).isTrue();
                assertThat(get("to")).isNotEmpty();
            } while (!renames.isDone());
            renames.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
        }
        assertThat(get("to")).isEqualTo(Integer.toString(MANY - 1));
    }

    @Test
    void renamingFailsWhenThereIsNoFileAndLeavesTheTarget() throws Exception {
        put("to", "old");
        assertThatThrownBy(() -> storage().rename("none", "to")).isInstanceOf(IOException.class);
        assertThat(get("to")).isEqualTo("old");
    }

    @Test
    void aLinkOutHasTheContentAndOutlivesTheFile() throws Exception {
        put("a", "text");
        Path target = outside("linked");
        storage().linkOut("a", target);
        storage().syncOutside(Objects.requireNonNull(target.getParent()));
        storage().delete("a");
        assertThat(readOutside(target)).isEqualTo(bytes("text"));
    }

    @Test
    void aLinkOutFailsWhenTheTargetExistsAndLeavesIt() throws Exception {
        put("a", "text");
        Path target = outside("taken");
        putOutside(target, bytes("old"));
        assertThatThrownBy(() -> storage().linkOut("a", target)).isInstanceOf(IOException.class);
        assertThat(readOutside(target)).isEqualTo(bytes("old"));
    }

    @Test
    void aLinkOutFailsWhenThereIsNoFile() {
        assertThatThrownBy(() -> storage().linkOut("none", outside("linked"))).isInstanceOf(IOException.class);
    }

    @Test
    void aLinkInHasTheContent() throws Exception {
        Path source = outside("source");
        putOutside(source, bytes("text"));
        storage().linkIn(source, "a");
        storage().syncDirectory();
        assertThat(get("a")).isEqualTo("text");
        assertThat(storage().list()).contains("a");
    }

    @Test
    void aLinkInFailsWhenTheNameIsTakenAndLeavesTheFile() throws Exception {
        Path source = outside("source");
        putOutside(source, bytes("text"));
        put("a", "old");
        assertThatThrownBy(() -> storage().linkIn(source, "a")).isInstanceOf(IOException.class);
        assertThat(get("a")).isEqualTo("old");
    }

    @Test
    void aLinkInFailsWhenThereIsNoSource() throws Exception {
        assertThatThrownBy(() -> storage().linkIn(outside("none"), "a")).isInstanceOf(IOException.class);
        assertThat(storage().exists("a")).isFalse();
    }

    @Test
    void theLockIsTakenUntilItIsClosed() throws Exception {
        try (Closeable lock = storage().lock()) {
            assertThat(lock).isNotNull();
            assertThatThrownBy(() -> storage().lock()).isInstanceOf(StorageLockedException.class);
        }
        storage().lock().close();
    }

    @Test
    void theDescriptionIsForPeople() throws Exception {
        assertThat(storage().describe()).isNotBlank();
    }

    @Test
    void filesThatAreOpenStayOpenWhenTheStorageIsClosed() throws Exception {
        put("a", "text");
        try (StorageFile file = storage().open("a", true)) {
            storage().close();
            file.write(buffer("T"), 0);
            file.sync();
            assertThat(read(file)).isEqualTo("Text");
            file.writeDurably(block((byte) 'd'), 0);
            assertThat(read(file)).isEqualTo("d".repeat(BLOCK));
        }
    }

    @Test
    void severalThreadsUseTheStorageAtOnce() throws Exception {
        try (ExecutorService pool = Executors.newFixedThreadPool(4)) {
            List<Future<?>> futures = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                String name = "thread-" + t;
                futures.add(pool.submit(() -> {
                    for (int i = 0; i < MANY / 4; i++) {
                        put(name + ".new", name + i);
                        storage().rename(name + ".new", name);
                        storage().syncDirectory();
                        assertThat(get(name)).isEqualTo(name + i);
                        assertThat(storage().list()).contains(name);
                    }
                    return null;
                }));
            }
            for (Future<?> future : futures) {
                future.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void aReadFillsTheBufferOrEndsWithTheFile() throws Exception {
        put("a", "0123456789");
        try (StorageFile file = storage().open("a", false)) {
            ByteBuffer four = ByteBuffer.allocate(4);
            assertThat(file.read(four, 3)).isEqualTo(4);
            assertThat(four.hasRemaining()).isFalse();
            assertThat(text(four.flip())).isEqualTo("3456");
            ByteBuffer large = ByteBuffer.allocateDirect(100);
            assertThat(file.read(large, 8)).isEqualTo(2);
            assertThat(large.position()).isEqualTo(2);
            assertThat(text(large.flip())).isEqualTo("89");
        }
    }

    @Test
    void aReadTakesTheRemainingSpaceOnly() throws Exception {
        put("a", "0123456789");
        try (StorageFile file = storage().open("a", false)) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes("......")).position(2).limit(4);
            assertThat(file.read(buffer, 0)).isEqualTo(2);
            assertThat(text(buffer.clear())).isEqualTo("..01..");
            assertThat(file.read(ByteBuffer.allocate(0), 0)).isZero();
        }
    }

    @Test
    void aReadAtOrBehindTheEndGivesZeroBytes() throws Exception {
        put("a", "text");
        try (StorageFile file = storage().open("a", false)) {
            assertThat(file.read(ByteBuffer.allocate(1), 4)).isZero();
            assertThat(file.read(ByteBuffer.allocate(1), 1000)).isZero();
        }
    }

    @Test
    void aWriteTakesAllRemainingBytesAndOnlyThose() throws Exception {
        try (StorageFile file = storage().create("a")) {
            ByteBuffer source = ByteBuffer.wrap(bytes("..text..")).position(2).limit(6);
            file.write(source, 0);
            assertThat(source.hasRemaining()).isFalse();
            assertThat(read(file)).isEqualTo("text");
            file.write(ByteBuffer.allocateDirect(3).put(bytes("EST")).flip(), 1);
            assertThat(read(file)).isEqualTo("tEST");
            byte[] large = new byte[3 << 20];
            Arrays.fill(large, (byte) 'x');
            file.write(ByteBuffer.wrap(large), 4);
            assertThat(file.length()).isEqualTo(4 + large.length);
        }
    }

    @Test
    void aWriteBehindTheEndLeavesZerosBetween() throws Exception {
        try (StorageFile file = storage().create("a")) {
            file.write(buffer("x"), 5000);
            assertThat(file.length()).isEqualTo(5001);
            ByteBuffer start = ByteBuffer.allocate(5000);
            file.read(start, 0);
            assertThat(start.array()).containsOnly(0);
        }
    }

    @Test
    void aWriteWithoutRoomSaysSo() throws Exception {
        try (StorageFile file = fullFile()) {
            assertThatThrownBy(() -> file.write(buffer("x"), 0)).isInstanceOf(StorageFullException.class);
        }
    }

    @Test
    void aSyncedFileIsAsItWas() throws Exception {
        try (StorageFile file = storage().create("a")) {
            file.write(buffer("text"), 0);
            file.sync();
            file.sync();
            assertThat(read(file)).isEqualTo("text");
        }
    }

    @Test
    void settingTheLengthCuts() throws Exception {
        try (StorageFile file = storage().create("a")) {
            file.write(buffer("text"), 0);
            file.setLength(2);
            assertThat(file.length()).isEqualTo(2);
            assertThat(read(file)).isEqualTo("te");
            file.setLength(2);
            assertThat(read(file)).isEqualTo("te");
            file.setLength(0);
            assertThat(file.length()).isZero();
        }
    }

    @Test
    void settingTheLengthExtendsWithZerosAlsoWhereSomethingHadBeen() throws Exception {
        try (StorageFile file = storage().create("a")) {
            file.write(buffer("text"), 0);
            file.setLength(1);
            file.setLength(10_000);
            assertThat(file.length()).isEqualTo(10_000);
            ByteBuffer all = ByteBuffer.allocate(10_000);
            assertThat(file.read(all, 0)).isEqualTo(10_000);
            assertThat(all.get(0)).isEqualTo((byte) 't');
            assertThat(Arrays.copyOfRange(all.array(), 1, 10_000)).containsOnly(0);
        }
    }

    @Test
    void aMappingShowsTheBytesAskedForAndIsForReadingOnly() throws Exception {
        put("a", "0123456789");
        try (StorageFile file = storage().open("a", false);
                Arena arena = Arena.ofConfined()) {
            MemorySegment mapped = file.map(arena, 3, 4);
            assertThat(mapped.byteSize()).isEqualTo(4);
            assertThat(text(mapped)).isEqualTo("3456");
            assertThat(mapped.isReadOnly()).isTrue();
        }
    }

    @Test
    void aMappingLivesAsLongAsItsArenaWhateverBecomesOfTheFile() throws Exception {
        put("a", "text");
        MemorySegment mapped;
        try (Arena arena = Arena.ofShared()) {
            try (StorageFile file = storage().open("a", false)) {
                mapped = file.map(arena, 0, 4);
            }
            storage().delete("a");
            assertThat(text(mapped)).isEqualTo("text");
        }
        assertThatThrownBy(() -> mapped.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void readsRunBesideWritesAndEachOther() throws Exception {
        int block = 4096;
        try (StorageFile file = storage().create("a");
                ExecutorService pool = Executors.newFixedThreadPool(3)) {
            file.write(ByteBuffer.wrap(filled(block, 0)), 0);
            Future<?> writer = pool.submit(() -> {
                for (int i = 1; i < MANY; i++) {
                    file.write(ByteBuffer.wrap(filled(block, i)), (long) i * block);
                }
                return null;
            });
            List<Future<?>> readers = new ArrayList<>();
            for (int t = 0; t < 2; t++) {
                readers.add(pool.submit(() -> {
                    do {
                        int last = (int) (file.length() / block) - 1;
                        ByteBuffer buffer = ByteBuffer.allocate(block);
                        assertThat(file.read(buffer, (long) (last / 2) * block)).isEqualTo(block);
                        assertThat(buffer.array()).containsOnly((byte) (last / 2));
                    } while (!writer.isDone());
                    return null;
                }));
            }
            writer.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
            for (Future<?> reader : readers) {
                reader.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
            }
        }
    }

    protected final void put(String name, String text) throws IOException {
        try (StorageFile file = storage().create(name)) {
            file.write(buffer(text), 0);
        }
    }

    protected final String get(String name) throws IOException {
        try (StorageFile file = storage().open(name, false)) {
            return read(file);
        }
    }

    protected static String read(StorageFile file) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate((int) file.length());
        file.read(bytes, 0);
        return text(bytes.flip());
    }

    protected static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    protected static ByteBuffer buffer(String text) {
        return ByteBuffer.wrap(bytes(text));
    }

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(bytes).toString();
    }

    private static String text(MemorySegment bytes) {
        return new String(bytes.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }

    private static byte[] filled(int length, int value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }
}
