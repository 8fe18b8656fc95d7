package io.walnut.wal.io.uring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.walnut.wal.Acknowledge;
import io.walnut.wal.Batch;
import io.walnut.wal.Wal;
import io.walnut.wal.WalOptions;
import io.walnut.wal.WalPoisonedException;
import io.walnut.wal.io.Backend;
import io.walnut.wal.io.DurableWriteException;
import io.walnut.wal.io.DurableWrites;
import io.walnut.wal.io.Storage;
import io.walnut.wal.io.StorageFile;
import io.walnut.wal.io.StorageFullException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the kernel may do to a write through a ring, what it may forbid, and what is left when many logs were opened and closed. */
class UringFaultsTest {
    private static final int BLOCK = 4096;
    private static final int ROUNDS = 20;
    private static final int OPENS = 25;
    private static final int OPENS_SLOW = 1_000;
    private static final int STATX_DIOALIGN = 0x2000;
    private static final int STATX_DIO_OFFSET_ALIGN = 156;

    @TempDir
    Path directory;

    @BeforeEach
    void hasRings() throws IOException {
        try (Storage storage = Backends.open(directory, true, Backend.AUTO)) {
            assumeTrue(
                    storage.backend().backend() == Backend.IO_URING,
                    storage.backend().reason());
        }
    }

    private static ByteBuffer blocks(int count) {
        ByteBuffer bytes = ByteBuffer.allocateDirect((count + 1) * BLOCK)
                .alignedSlice(BLOCK)
                .slice(0, count * BLOCK);
        for (int i = 0; i < bytes.capacity(); i++) {
            bytes.put(i, (byte) (i / 512 + 1));
        }
        return bytes;
    }

    /** A part of a block is written once more, from its beginning. */
    @ParameterizedTest
    @ValueSource(ints = {BLOCK, 3 * BLOCK, BLOCK + 512})
    void aShortWriteIsGoneOnWith(int most) throws Exception {
        MeddlingCalls calls = new MeddlingCalls();
        try (Storage storage = Backends.open(directory, true, Backend.IO_URING, () -> calls);
                StorageFile file = storage.create("a");
                DurableWrites writes = storage.durableWrites(2)) {
            file.write(ByteBuffer.allocate(8 * BLOCK), 0);
            assumeTrue(most % unit(calls) == 0, "the file system takes no such piece");
            calls.shorten(most);
            writes.submit(file, blocks(8), 0, 7);
            assertThat(writes.await()).isEqualTo(7);
        }
        assertThat(ByteBuffer.wrap(Files.readAllBytes(directory.resolve("a")))).isEqualTo(blocks(8));
    }

    private int unit(SystemCalls calls) {
        int number = calls.openDirect(directory.resolve("a"));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment status = arena.allocate(256, Long.BYTES);
            int unit = calls.status(number, STATX_DIOALIGN, status) < 0
                    ? 0
                    : status.get(ValueLayout.JAVA_INT, STATX_DIO_OFFSET_ALIGN);
            return unit == 0 ? BLOCK : unit;
        } finally {
            calls.close(number);
        }
    }

    @Test
    void noRoomIsToldByItsType() throws Exception {
        MeddlingCalls calls = new MeddlingCalls();
        try (FileOutputStream full = new FileOutputStream("/dev/full");
                Storage storage = Backends.open(directory, true, Backend.IO_URING, () -> calls);
                StorageFile file = storage.create("a");
                DurableWrites writes = storage.durableWrites(2)) {
            assertThat(full.getFD().valid()).isTrue();
            calls.redirect(descriptorOf("/dev/full"));
            writes.submit(file, blocks(1), 0, 1);
            assertThatThrownBy(writes::await)
                    .isInstanceOfSatisfying(
                            DurableWriteException.class,
                            e -> assertThat(e.token()).isEqualTo(1))
                    .hasCauseInstanceOf(StorageFullException.class)
                    .hasStackTraceContaining("ENOSPC");
            calls.redirect(-1);
            writes.submit(file, blocks(1), 0, 2); // the ring goes on
            assertThat(writes.await()).isEqualTo(2);
        }
    }

    @Test
    void noRoomOnTheRingPoisonsTheLogAndLosesNothing() throws Exception {
        MeddlingCalls calls = new MeddlingCalls();
        int acknowledged = 0;
        try (FileOutputStream full = new FileOutputStream("/dev/full")) {
            assertThat(full.getFD().valid()).isTrue();
            Wal wal = Wal.open(Backends.open(directory, true, Backend.IO_URING, () -> calls), WalOptions.defaults());
            for (; acknowledged < 10; acknowledged++) {
                assertThat(wal.appendAsync(batch(acknowledged), Acknowledge.DURABLE)
                                .get(20, TimeUnit.SECONDS))
                        .isEqualTo(acknowledged);
            }
            calls.redirect(descriptorOf("/dev/full"));
            var refused = wal.appendAsync(batch(99), Acknowledge.DURABLE);
            assertThatThrownBy(() -> refused.get(20, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(WalPoisonedException.class)
                    .hasStackTraceContaining("ENOSPC");
            assertThatThrownBy(() -> wal.append(batch(100))).isInstanceOf(WalPoisonedException.class);
            assertThatThrownBy(wal::close).isInstanceOf(WalPoisonedException.class);
        }
        try (Wal wal = Wal.open(directory, WalOptions.defaults())) {
            assertThat(wal.endLsn()).isEqualTo(acknowledged);
            for (int i = 0; i < acknowledged; i++) {
                assertThat(wal.read(i).payload().getInt(0)).isEqualTo(i);
            }
            assertThat(wal.append(batch(acknowledged))).isEqualTo(acknowledged);
        }
    }

    @Test
    void atTheLimitOfDescriptorsAWriteWaitsForTheOneOfAnother() throws Exception {
        MeddlingCalls calls = new MeddlingCalls();
        try (Storage storage = Backends.open(directory, true, Backend.IO_URING, () -> calls);
                StorageFile file = storage.create("a");
                DurableWrites writes = storage.durableWrites(3)) {
            file.write(ByteBuffer.allocate(3 * BLOCK), 0);
            writes.submit(file, blocks(1), 0, 0);
            long descriptors = descriptors();
            calls.refuseOpens();
            writes.submit(file, blocks(1), BLOCK, 1);
            writes.submit(file, blocks(1), 2 * BLOCK, 2);
            assertThat(descriptors()).as("none of another kind").isEqualTo(descriptors);
            assertThat(writes.inFlight()).isEqualTo(3);
            assertThatThrownBy(() -> writes.submit(file, blocks(1), 0, 3)).isInstanceOf(IllegalStateException.class);
            assertThat(List.of(writes.await(), writes.await(), writes.await())).containsExactly(0, 1, 2);
            assertThat(writes.inFlight()).isZero();
        }
    }

    /** Else the memory would be given to somebody else, and the next open could read the file before the write has come there. */
    @Test
    void aRingThatNobodyCanWaitOnIsClosedWhenItsWritesAreDone() throws Exception {
        MeddlingCalls calls = new MeddlingCalls();
        long descriptors;
        try (Storage storage = Backends.open(directory, true, Backend.IO_URING, () -> calls);
                StorageFile file = storage.create("a")) {
            file.write(ByteBuffer.allocate(ROUNDS * 64 * BLOCK), 0);
            file.sync();
            file.endDurableWrites();
            descriptors = descriptors();
            int broken = 0;
            for (int i = 0; i < ROUNDS; i++) {
                DurableWrites writes = storage.durableWrites(2);
                writes.submit(file, blocks(64), (long) i * 64 * BLOCK, 1);
                calls.refuseWaits(true);
                try {
                    assertThat(writes.await()).as("done before anybody waited").isEqualTo(1);
                } catch (IOException e) {
                    assertThat(e).hasMessageContaining("unknown");
                    broken++;
                }
                writes.close();
                calls.refuseWaits(false);
                ByteBuffer read = ByteBuffer.allocateDirect(65 * BLOCK)
                        .alignedSlice(BLOCK)
                        .slice(0, 64 * BLOCK);
                file.readPastCache(read, (long) i * 64 * BLOCK);
                assertThat(read.flip()).isEqualTo(blocks(64));
            }
            assertThat(broken).isPositive();
            file.endDurableWrites();
            assertThat(descriptors()).isEqualTo(descriptors);
        }
    }

    private static Batch batch(int value) {
        return new Batch().add(1, ByteBuffer.allocate(Integer.BYTES).putInt(0, value));
    }

    @Test
    void logsThatAreClosedLeaveNothing() throws Exception {
        openAndClose(OPENS);
    }

    @Test
    @Tag("slow")
    void aThousandLogsThatAreClosedLeaveNothing() throws Exception {
        openAndClose(OPENS_SLOW);
    }

    private void openAndClose(int times) throws Exception {
        for (int i = 0; i < 5; i++) {
            openOnce(); // what the JVM makes once
        }
        long descriptors = descriptors();
        long mappings = mappings("io_uring", directory.toString());
        long all = mappings("");
        for (int i = 0; i < times; i++) {
            openOnce();
        }
        assertThat(descriptors()).isEqualTo(descriptors);
        assertThat(mappings("io_uring", directory.toString())).isEqualTo(mappings);
        assertThat(mappings("")).as("mappings of the process").isLessThan(all + Math.max(100, times / 4));
    }

    /** Through the ring, with a sealed segment that is read where it is mapped. */
    private void openOnce() throws Exception {
        try (Wal wal = Wal.open(directory, WalOptions.defaults().withSizes(64 << 10, 8 << 10, 64 << 10))) {
            wal.trimBefore(wal.endLsn());
            long lsn = wal.appendAsync(batch(1), Acknowledge.DURABLE).get(20, TimeUnit.SECONDS);
            wal.roll();
            assertThat(wal.read(lsn).payload().getInt(0)).isEqualTo(1);
        }
    }

    @Test
    void whereAFilterForbidsIoUringTheLogGoesOnWithout() throws Exception {
        fallsBack(
                "seccomp",
                "io_uring cannot be used: io_uring_setup: EPERM, not permitted",
                "--enable-native-access=ALL-UNNAMED");
    }

    @Test
    void whereJavaDeniesNativeAccessTheLogGoesOnWithout() throws Exception {
        fallsBack("nothing", "io_uring cannot be used: Java permits no native access", "--illegal-native-access=deny");
    }

    /** A log that was written through a ring is gone on with by a process that may not. */
    private void fallsBack(String how, String reason, String flag) throws Exception {
        int before = 30;
        try (Wal wal = Wal.open(directory, WalOptions.defaults().withBackend(Backend.IO_URING))) {
            for (int i = 0; i < before; i++) {
                assertThat(wal.appendAsync(batch(i), Acknowledge.DURABLE).get(20, TimeUnit.SECONDS))
                        .isEqualTo(i);
            }
        }
        List<String> lines = run(how, flag);
        assertThat(lines)
                .anySatisfy(line -> assertThat(line)
                        .startsWith("by name: ")
                        .contains("io_uring is wanted by the options and cannot be used"))
                .contains("backend: PORTABLE", "end: " + (before + RestrictedProcess.RECORDS))
                .anySatisfy(line -> assertThat(line).startsWith("reason: " + reason));
        try (Wal wal = Wal.open(directory, WalOptions.defaults().withBackend(Backend.IO_URING))) {
            assertThat(wal.endLsn()).isEqualTo(before + RestrictedProcess.RECORDS);
            for (int i = 0; i < before; i++) {
                assertThat(wal.read(i).payload().getInt(0)).isEqualTo(i);
            }
        }
    }

    private List<String> run(String how, String flag) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(flag, "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(RestrictedProcess.class.getName(), directory.toString(), how));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output.lines().toList();
    }

    private static int descriptorOf(String file) throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.filter(Files::isSymbolicLink)
                    .filter(link -> file.equals(target(link)))
                    .mapToInt(link -> Integer.parseInt(String.valueOf(link.getFileName())))
                    .max()
                    .orElseThrow();
        }
    }

    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            return ""; // closed meanwhile
        }
    }

    private static long descriptors() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }

    private static long mappings(String... of) throws IOException {
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            return maps.filter(line -> Stream.of(of).anyMatch(line::contains)).count();
        }
    }
}
