package io.walnut.wal.disk;

import io.walnut.wal.Batch;
import io.walnut.wal.Cursor;
import io.walnut.wal.Wal;
import io.walnut.wal.WalIoException;
import io.walnut.wal.WalOptions;
import io.walnut.wal.WalPoisonedException;
import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

/** A process with few descriptors, mappings or addresses left, and a log of many segments. Prints a line a step; ends with 0 when all is well. */
final class LimitedLog {
    private static final int SEGMENTS = 120;
    private static final int MAPPINGS_LEFT = 60;
    private static final int READERS = 100;
    private static final int BALLAST = 40;

    private LimitedLog() {}

    static WalOptions options() {
        return WalOptions.defaults().withSizes(12 << 10, 4 << 10, 64 << 10);
    }

    /** Arguments: directory, then {@code descriptors}, {@code mappings} or {@code addresses}. */
    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[0]);
        Path file = Files.write(directory.resolve("ballast"), new byte[1 << 20]);
        if (arguments[1].equals("addresses")) {
            growLarge(directory.resolve("new"), file);
            System.exit(0);
        }
        List<Closeable> ballast = arguments[1].equals("mappings") ? useMappings(file) : useDescriptors(file);
        long end = grow(directory.resolve("new"), ballast);
        print("appended until the limit", end);
        open(directory.resolve("many"));
        System.exit(0);
    }

    /** Appends until a segment more is refused; then gives back what it had taken, and goes on. */
    private static long grow(Path directory, List<Closeable> ballast) throws Exception {
        Wal wal = Wal.open(directory, options());
        long acknowledged = 0;
        try {
            while (acknowledged < SEGMENTS * 3) {
                acknowledged = append(wal) + 1;
            }
            print("nothing was refused", acknowledged);
        } catch (WalIoException e) {
            print("refused, typed: " + e.getMessage(), acknowledged);
            readAll(wal, acknowledged);
            giveBack(ballast);
            acknowledged = retry(() -> append(wal)) + 1;
            print("appended again", acknowledged);
        } catch (WalPoisonedException e) {
            giveBack(ballast); // the JVM needs some, too
            print("poisoned: " + e.getMessage(), acknowledged);
            readAll(wal, acknowledged);
            try {
                wal.close();
            } catch (WalPoisonedException again) {
                print("closed: " + again.getMessage(), acknowledged);
            }
            try (Wal again = Wal.open(directory, options())) {
                acknowledged = append(again) + 1;
                readAll(again, acknowledged);
            }
            print("appended again, opened anew", acknowledged);
            return acknowledged;
        }
        readAll(wal, acknowledged);
        print("segments that are mapped", mappedSegments());
        wal.close();
        return acknowledged;
    }

    /** Segments for which there are not enough addresses; of what a log needs besides there are. */
    private static void growLarge(Path directory, Path file) throws Exception {
        WalOptions large = WalOptions.defaults().withSizes(64 << 20, 8 << 20, 40 << 20);
        try (Wal wal = Wal.open(directory, large)) {
            Batch batch = new Batch();
            batch.add(1, ByteBuffer.allocate(7 << 20));
            wal.append(batch);
            useAddresses(file);
            for (int i = 1; i < 30; i++) {
                wal.append(batch);
            }
            wal.roll();
            readAll(wal, 30);
            print("segments that are mapped", mappedSegments());
        }
    }

    /** Maps pieces until the system refuses, and gives two back. */
    private static void useAddresses(Path file) throws IOException {
        List<Arena> arenas = new ArrayList<>();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            while (true) {
                Arena arena = Arena.ofShared();
                channel.map(MapMode.READ_WRITE, 0, 24 << 20, arena);
                arenas.add(arena);
            }
        } catch (IOException e) {
            arenas.removeLast().close();
            arenas.removeLast().close();
            print("addresses used up: " + e, arenas.size());
        }
    }

    private static long mappedSegments() throws IOException {
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"), StandardCharsets.ISO_8859_1)) {
            return maps.filter(line -> line.endsWith(".seg")).count();
        }
    }

    private static void giveBack(List<Closeable> ballast) throws IOException {
        for (Closeable each : ballast) {
            each.close();
        }
    }

    /** What failed in the background is tried again by the next who needs it. */
    private static long retry(Callable<Long> action) throws Exception {
        for (int attempt = 1; ; attempt++) {
            try {
                return action.call();
            } catch (WalIoException e) {
                if (attempt == 10) {
                    throw e;
                }
            }
        }
    }

    private static long append(Wal wal) throws Exception {
        return wal.append(Batch.of(1, ByteBuffer.allocate(3000)));
    }

    private static void readAll(Wal wal, long end) throws Exception {
        long lsn = wal.startLsn();
        try (Cursor cursor = wal.cursor(lsn)) {
            while (cursor.next()) {
                lsn++;
            }
        }
        if (lsn != end) {
            throw new AssertionError("read up to LSN " + lsn + ", wanted " + end);
        }
    }

    /** Opens a log of more segments than there is room for, with many readers: it works, or says why not. */
    private static void open(Path directory) throws Exception {
        try (Wal wal = Wal.open(directory, options())) {
            List<Cursor> cursors = new ArrayList<>();
            for (int i = 0; i < READERS; i++) {
                Cursor cursor = wal.cursor(wal.startLsn() + i);
                cursors.add(cursor);
                if (!cursor.next()) {
                    throw new AssertionError("nothing at LSN " + i);
                }
            }
            cursors.forEach(Cursor::close);
            print("opened, with readers", READERS);
        } catch (WalIoException e) {
            print("open refused, typed: " + e.getMessage(), 0);
        }
    }

    private static List<Closeable> useDescriptors(Path file) throws IOException {
        List<Closeable> open = new ArrayList<>();
        for (int i = 0; i < BALLAST; i++) {
            open.add(FileChannel.open(file, StandardOpenOption.READ));
        }
        return open;
    }

    /** Maps a page again and again until the system refuses, and gives some back. */
    private static List<Closeable> useMappings(Path file) throws IOException {
        List<Closeable> mappings = new ArrayList<>();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            while (true) {
                Arena arena = Arena.ofShared();
                // Pages that lie side by side in the file would become one mapping.
                MemorySegment mapped =
                        channel.map(MapMode.READ_ONLY, mappings.size() % 2 == 0 ? 0 : 1 << 19, 4096, arena);
                if (mapped.get(ValueLayout.JAVA_BYTE, 0) != 0) {
                    throw new AssertionError("not what was written");
                }
                mappings.add(arena::close);
            }
        } catch (IOException | OutOfMemoryError e) {
            for (int i = 0; i < MAPPINGS_LEFT; i++) {
                mappings.removeLast().close();
            }
            print("mappings used up: " + e, mappings.size());
        }
        return mappings.subList(mappings.size() - BALLAST, mappings.size());
    }

    private static void print(String what, long number) {
        System.out.println("limit: " + what + " (" + number + ")");
    }

    /** A log of many segments, for {@link #main}. */
    static void make(Path directory) throws Exception {
        try (Wal wal = Wal.open(directory, options())) {
            for (int i = 0; i < SEGMENTS * 3; i++) {
                append(wal);
            }
        }
    }
}
